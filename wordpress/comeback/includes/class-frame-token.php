<?php
/**
 * The one-minute token that opens Comeback inside wp-admin.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * A JSON Web Token, HS256 (RFC 7515, RFC 7519). Made here and checked by Comeback; the plugin never reads one. Pure.
 */
final class Frame_Token {

	/**
	 * How long a token is good for, in seconds.
	 */
	const LIFETIME = 60;

	/**
	 * Make a token.
	 *
	 * @param string $secret       Connection secret.
	 * @param string $store        The store's address (`iss`).
	 * @param string $comeback_url Comeback's address (`aud`).
	 * @param int    $user_id      WordPress user (`sub`).
	 * @param string $locale       Locale of that user.
	 * @param string $jti          A value that no other token has.
	 * @param int    $now          Unix seconds.
	 * @return array{token: string, expires_at: int}
	 */
	public static function make( string $secret, string $store, string $comeback_url, int $user_id, string $locale, string $jti, int $now ): array {
		$claims = array(
			'iss'    => $store,
			'aud'    => $comeback_url,
			'sub'    => (string) $user_id,
			'role'   => 'owner',
			'locale' => $locale,
			'iat'    => $now,
			'exp'    => $now + self::LIFETIME,
			'jti'    => $jti,
		);
		return array(
			'token'      => self::signed( $claims, $secret ),
			'expires_at' => $claims['exp'],
		);
	}

	/**
	 * Sign claims.
	 *
	 * @param array  $claims Claims.
	 * @param string $secret Secret, used as its bytes.
	 * @return string Header, claims and signature, joined by dots.
	 */
	private static function signed( array $claims, string $secret ): string {
		$header = array(
			'alg' => 'HS256',
			'typ' => 'JWT',
		);
		$text   = self::json( $header ) . '.' . self::json( $claims );
		return $text . '.' . self::base64url( hash_hmac( 'sha256', $text, $secret, true ) );
	}

	/**
	 * One part of the token.
	 *
	 * @param array $part Its values.
	 * @return string Base64url of its JSON.
	 */
	private static function json( array $part ): string {
		// phpcs:ignore WordPress.WP.AlternativeFunctions.json_encode_json_encode -- this class needs nothing of WordPress.
		return self::base64url( (string) json_encode( $part ) );
	}

	/**
	 * Base64url without padding.
	 *
	 * @param string $bytes Bytes.
	 * @return string Text.
	 */
	private static function base64url( string $bytes ): string {
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode -- RFC 7515 asks for it.
		return rtrim( strtr( base64_encode( $bytes ), '+/', '-_' ), '=' );
	}
}
