<?php
/**
 * What Comeback sends to connect, checked before it is believed.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * Reads the body of `PUT wc-comeback/v1/connection`. Pure. Its sentences are for Comeback's log, so they stay in English.
 */
final class Connection_Body {

	/**
	 * Longest wording, in bytes.
	 */
	const LONGEST_WORDING = 4000;

	/**
	 * Read a body.
	 *
	 * @param array  $body The decoded body.
	 * @param string $home The store's address.
	 * @return array{wrong: string, connection: array} What is wrong, or '' and what to keep.
	 */
	public static function read( array $body, string $home ): array {
		$wrong = self::wrong( $body, $home );
		if ( '' === $wrong ) {
			$wrong = self::wrong_wordings( $body['wordings'] ?? null );
		}
		return array(
			'wrong'      => $wrong,
			'connection' => '' === $wrong ? self::kept( $body, $home ) : array(),
		);
	}

	/**
	 * What is wrong about all but the wordings.
	 *
	 * @param array  $body The decoded body.
	 * @param string $home The store's address.
	 * @return string A sentence, or ''.
	 */
	private static function wrong( array $body, string $home ): string {
		if ( 1 !== ( $body['protocol'] ?? null ) ) {
			return 'protocol: this plugin speaks protocol 1 only. Update the plugin, or Comeback.';
		}
		if ( ! self::fits( $body['shop_key'] ?? null, '/\A[A-Za-z0-9_-]{4,64}\z/' ) ) {
			return 'shop_key: 4 to 64 letters, digits, "-" or "_" are needed.';
		}
		if ( ! self::fits( $body['secret'] ?? null, '/\A[A-Za-z0-9_-]{43}\z/' ) ) {
			return 'secret: 43 characters of base64url are needed.';
		}
		return self::wrong_address( $body['comeback_url'] ?? null, $home );
	}

	/**
	 * What is wrong about an address of Comeback. A store on https talks to https only: phone numbers travel on it.
	 *
	 * @param mixed  $url  The address.
	 * @param string $home The store's address.
	 * @return string A sentence, or ''.
	 */
	public static function wrong_address( $url, string $home ): string {
		if ( ! self::fits( $url, '#\Ahttps?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?\z#' ) ) {
			return 'comeback_url: an address like https://comeback.example is needed, without a query.';
		}
		if ( 0 === strpos( $home, 'https:' ) && 0 !== strpos( $url, 'https:' ) ) {
			return 'comeback_url: this store is on https, so Comeback must be too.';
		}
		return '';
	}

	/**
	 * What is wrong about the wordings.
	 *
	 * @param mixed $wordings A list.
	 * @return string A sentence, or ''.
	 */
	private static function wrong_wordings( $wordings ): string {
		if ( ! is_array( $wordings ) || array_values( $wordings ) !== $wordings || count( $wordings ) > 100 ) {
			return 'wordings: a list is needed, which may be empty.';
		}
		foreach ( $wordings as $place => $wording ) {
			$wrong = is_array( $wording ) ? self::wrong_wording( $wording ) : 'an object is needed.';
			if ( '' !== $wrong ) {
				return "wordings[$place]: $wrong";
			}
		}
		return '';
	}

	/**
	 * What is wrong about one wording.
	 *
	 * @param array $wording The wording.
	 * @return string Half a sentence, or ''.
	 */
	private static function wrong_wording( array $wording ): string {
		if ( ! self::fits( $wording['locale'] ?? null, '/\A[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}\z/' ) ) {
			return 'locale: a language like "en" or "pt-BR" is needed.';
		}
		if ( ! is_int( $wording['version'] ?? null ) || $wording['version'] < 1 ) {
			return 'version: a whole number from 1 is needed.';
		}
		$text = $wording['text'] ?? null;
		if ( ! is_string( $text ) || '' === trim( $text ) || strlen( $text ) > self::LONGEST_WORDING ) {
			return 'text: plain text of at most 4000 bytes is needed.';
		}
		return '';
	}

	/**
	 * Whether a value is text of a pattern.
	 *
	 * @param mixed  $value   The value.
	 * @param string $pattern The pattern.
	 * @return bool
	 */
	private static function fits( $value, string $pattern ): bool {
		return is_string( $value ) && strlen( $value ) <= 500 && 1 === preg_match( $pattern, $value );
	}

	/**
	 * What to keep: only what is known. Wordings stand letter by letter as they came, for they are the proof of consent.
	 *
	 * @param array  $body The decoded body.
	 * @param string $home The store's address.
	 * @return array
	 */
	private static function kept( array $body, string $home ): array {
		$wordings = array();
		foreach ( $body['wordings'] as $wording ) {
			$wordings[] = array(
				'locale'  => $wording['locale'],
				'version' => $wording['version'],
				'text'    => $wording['text'],
			);
		}
		return array(
			'comeback_url' => rtrim( $body['comeback_url'], '/' ),
			'shop_key'     => $body['shop_key'],
			'secret'       => $body['secret'],
			'store'        => $home,
			'wordings'     => $wordings,
		);
	}
}
