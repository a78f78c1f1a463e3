<?php
/**
 * The connection between this store and Comeback.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * Two options: the connection with its secret, read by background jobs and wp-admin alone, and an autoloaded copy of the
 * parts without secrets that a shopper's request needs, so that such a request costs no query, connected or not.
 */
final class Connection {

	/**
	 * Option, not autoloaded: comeback_url, shop_key, secret, store, wordings, at.
	 */
	const OPTION = 'comeback_connection';

	/**
	 * Option, autoloaded: store and wordings; empty while nothing is to be done.
	 */
	const ACTIVE = 'comeback_active';

	/**
	 * Option, not autoloaded: what is wrong, since when, refusals in a row, correction of the clock.
	 */
	const STATE = 'comeback_state';

	/**
	 * So many refusals in a row are told to the merchant.
	 */
	const REFUSALS = 3;

	/**
	 * The connection.
	 *
	 * @return array|null comeback_url, shop_key, secret, store, wordings, at (Unix seconds); null without one.
	 */
	public static function current(): ?array {
		$connection = get_option( self::OPTION );
		return is_array( $connection ) && ! empty( $connection['secret'] ) ? $connection : null;
	}

	/**
	 * Connect, or connect anew, under the store's present address.
	 *
	 * @param array $connection comeback_url, shop_key, secret, wordings: a list of locale, version, text.
	 */
	public static function save( array $connection ): void {
		$kept = array(
			'comeback_url' => untrailingslashit( (string) $connection['comeback_url'] ),
			'shop_key'     => (string) $connection['shop_key'],
			'secret'       => (string) $connection['secret'],
			'store'        => self::address(),
			'wordings'     => array_values( (array) ( $connection['wordings'] ?? array() ) ),
			'at'           => time(),
		);
		Carts::create_table();
		self::prepare();
		if ( self::moved() ) {
			Carts::hold(); // Shoppers of the store that this is a copy of didn't agree to hear from the copy.
		}
		update_option( self::OPTION, $kept, false );
		update_option( self::STATE, array(), false );
		update_option(
			self::ACTIVE,
			array(
				'store'    => $kept['store'],
				'wordings' => $kept['wordings'],
			),
			true
		);
		Sender::start();
	}

	/**
	 * Forget the connection, not the carts.
	 */
	public static function forget(): void {
		delete_option( self::OPTION );
		update_option( self::ACTIVE, '', true );
		update_option( self::STATE, array(), false );
	}

	/**
	 * Make the autoloaded option: WordPress asks the database for an option that doesn't exist on every request.
	 */
	public static function prepare(): void {
		add_option( self::ACTIVE, '', '', true );
	}

	/**
	 * Whether shoppers are asked and carts kept: connected, not moved, and Comeback knows this shop. Costs no query.
	 *
	 * @return bool
	 */
	public static function active(): bool {
		$active = get_option( self::ACTIVE );
		return is_array( $active ) && self::same( (string) $active['store'], self::address() );
	}

	/**
	 * Whether the store's address is not the one it was connected under: a copy for staging.
	 *
	 * @return bool
	 */
	public static function moved(): bool {
		$connection = self::current();
		return null !== $connection && ! self::same( (string) $connection['store'], self::address() );
	}

	/**
	 * What the merchant should know.
	 *
	 * @return string '' | `moved` | `unknown_shop` (Comeback doesn't know this shop any more) | `refused` (signatures
	 *                are refused again and again) | `unreachable` (a delivery was given up after all its tries).
	 */
	public static function trouble(): string {
		if ( null === self::current() ) {
			return '';
		}
		return self::moved() ? 'moved' : (string) ( self::state()['trouble'] ?? '' );
	}

	/**
	 * Keep what is wrong.
	 *
	 * @param string $trouble One of the words of trouble(), '' for none.
	 */
	public static function tell( string $trouble ): void {
		$state = self::state();
		if ( ( $state['trouble'] ?? '' ) === $trouble && ( '' !== $trouble || empty( $state['refusals'] ) ) ) {
			return;
		}
		$state['trouble'] = $trouble;
		$state['since']   = time();
		if ( '' === $trouble ) {
			unset( $state['refusals'] );
		}
		update_option( self::STATE, $state, false );
	}

	/**
	 * Comeback doesn't know this shop any more: ask nobody and send nothing until it is connected anew.
	 */
	public static function stop(): void {
		self::tell( 'unknown_shop' );
		update_option( self::ACTIVE, '', true );
	}

	/**
	 * A signature was refused. Keeps the correction of the clock, and tells the merchant when it happens again and again.
	 *
	 * @param int $correction Seconds to add to this machine's clock; 0: it is right.
	 */
	public static function refused( int $correction ): void {
		$state             = self::state();
		$state['clock']    = $correction;
		$state['refusals'] = (int) ( $state['refusals'] ?? 0 ) + 1;
		if ( $state['refusals'] >= self::REFUSALS && 'refused' !== ( $state['trouble'] ?? '' ) ) {
			$state['trouble'] = 'refused';
			$state['since']   = time();
		}
		update_option( self::STATE, $state, false );
	}

	/**
	 * Unix seconds by Comeback's clock, as far as it is known.
	 *
	 * @return int
	 */
	public static function clock(): int {
		return time() + (int) ( self::state()['clock'] ?? 0 );
	}

	/**
	 * The words beside the box for the language of this page: those of its locale, else of its language, else the first.
	 *
	 * @param string|null $locale Locale as WordPress writes it; null: that of this request.
	 * @return array|null locale, version, text; null: no box is shown.
	 */
	public static function wording( ?string $locale = null ): ?array {
		$active   = get_option( self::ACTIVE );
		$wordings = is_array( $active ) ? (array) $active['wordings'] : array();
		// get_locale(), not determine_locale(): a merchant who shops sees the store's language, whatever their profile says.
		return self::choose( $wordings, $locale ?? get_locale() );
	}

	/**
	 * Choose a wording. Pure.
	 *
	 * @param array  $wordings List of locale, version, text.
	 * @param string $locale   For example `de_DE_formal` or `en_US`.
	 * @return array|null
	 */
	public static function choose( array $wordings, string $locale ): ?array {
		$wanted = strtolower( str_replace( '_', '-', $locale ) );
		while ( '' !== $wanted ) {
			foreach ( $wordings as $wording ) {
				if ( strtolower( str_replace( '_', '-', (string) $wording['locale'] ) ) === $wanted ) {
					return $wording;
				}
			}
			$wanted = (string) substr( $wanted, 0, (int) strrpos( $wanted, '-' ) );
		}
		return $wordings[0] ?? null;
	}

	/**
	 * The store's address as its owner set it: plugins for several languages filter home_url().
	 *
	 * @return string Without a slash at its end.
	 */
	public static function address(): string {
		return untrailingslashit( (string) get_option( 'home' ) );
	}

	/**
	 * Whether two addresses are of one store: http or https doesn't matter.
	 *
	 * @param string $one   An address.
	 * @param string $other Another.
	 * @return bool
	 */
	public static function same( string $one, string $other ): bool {
		$bare = static function ( string $address ): string {
			return untrailingslashit( (string) preg_replace( '#^https?://#', '', strtolower( $address ) ) );
		};
		return $bare( $one ) === $bare( $other );
	}

	/**
	 * What is wrong and what the clock needs.
	 *
	 * @return array
	 */
	private static function state(): array {
		return (array) get_option( self::STATE, array() );
	}
}
