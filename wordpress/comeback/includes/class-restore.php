<?php
/**
 * The way back: what happens when somebody follows a restore link.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * Answers `?comeback=<token>`. It logs nobody in, fills in nothing about a person and empties nothing; whoever holds
 * the link learns what lay in the cart, and no more.
 */
final class Restore {

	/**
	 * Option with the restore key: 64 hex digits, made once, not autoloaded, shown nowhere.
	 */
	const KEY = 'comeback_restore_key';

	/**
	 * Add the hooks: only to a request that follows a link. WooCommerce has the visitor's cart ready at priority 10,
	 * and its own forms act at 20.
	 */
	public static function register(): void {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- a link in a text; its mac is checked below.
		if ( isset( $_GET['comeback'] ) ) {
			add_action( 'wp_loaded', array( __CLASS__, 'answer' ), 15 );
		}
	}

	/**
	 * The link that brings a cart back.
	 *
	 * @param string $cart_id Cart id.
	 * @param int    $now     Unix seconds.
	 * @return string An address.
	 */
	public static function link( string $cart_id, int $now ): string {
		return Connection::address() . '/?comeback=' . Restore_Link::mint( self::key(), Connection::address(), $cart_id, $now );
	}

	/**
	 * The restore key; made when it is asked for first.
	 *
	 * @return string 64 hex digits.
	 */
	private static function key(): string {
		$key = (string) get_option( self::KEY, '' );
		if ( '' !== $key ) {
			return $key;
		}
		// Of two requests that make one at the same time the first wins: add_option() doesn't overwrite.
		add_option( self::KEY, bin2hex( random_bytes( 32 ) ), '', false );
		wp_cache_delete( self::KEY, 'options' );
		wp_cache_delete( 'notoptions', 'options' );
		return (string) get_option( self::KEY, '' );
	}

	/**
	 * Answer the request.
	 */
	public static function answer(): void {
		if ( is_admin() || wp_doing_cron() || ! function_exists( 'WC' ) || null === WC()->cart || null === WC()->session ) {
			return;
		}
		$method = isset( $_SERVER['REQUEST_METHOD'] ) ? sanitize_key( $_SERVER['REQUEST_METHOD'] ) : '';
		if ( ! in_array( $method, array( 'get', 'head' ), true ) ) {
			return;
		}
		self::keep_to_ourselves();
		if ( 'head' === $method || self::is_prefetch() ) {
			// Browsers throw a prefetched page away if its status is an error, and ask again when it is really opened.
			status_header( 'head' === $method ? 200 : 503 );
			exit;
		}
		$way = self::follow( self::query( 'comeback' ) );
		wp_safe_redirect( $way, 302, 'Comeback' );
		exit;
	}

	/**
	 * Restore the cart, or say why not.
	 *
	 * @param string $token The token.
	 * @return string Where to go.
	 */
	private static function follow( string $token ): string {
		// A new visitor has no session yet; without its cookie neither the cart nor the sentence would be there on the next page.
		WC()->session->set_customer_session_cookie( true );
		$checked = Restore_Link::check( self::key(), Connection::address(), $token, time() );
		$cart    = '' === $checked['refused'] ? Carts::find( $checked['cart_id'] ) : null;
		if ( null === $cart || Carts::OPEN !== $cart['state'] || self::is_bought( $cart ) ) {
			wc_add_notice( __( 'This link does not work any more. Nothing in your cart was changed.', 'comeback' ), 'notice' );
			return wc_get_cart_url();
		}
		Cart_Restorer::restore( $cart, self::query( 'comeback_coupon' ) );
		Attribution::came_by( $checked['cart_id'], self::query( 'utm_id' ) );
		if ( WC()->cart->is_empty() ) {
			return wc_get_cart_url();
		}
		return add_query_arg( self::utm(), wc_get_checkout_url() );
	}

	/**
	 * Whether a cart was bought while nobody looked: without a connection the plugin doesn't follow orders.
	 *
	 * @param array $cart Row of Carts.
	 * @return bool
	 */
	private static function is_bought( array $cart ): bool {
		$order = $cart['order_id'] ? wc_get_order( $cart['order_id'] ) : null;
		return $order && $order->has_status( array_merge( Capture::BOUGHT, wc_get_is_paid_statuses(), array( 'refunded' ) ) );
	}

	/**
	 * Neither a cache nor the next site shall learn the link.
	 */
	private static function keep_to_ourselves(): void {
		if ( ! defined( 'DONOTCACHEPAGE' ) ) {
			define( 'DONOTCACHEPAGE', true ); // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals.NonPrefixedConstantFound -- what caches look at.
		}
		nocache_headers();
		header( 'Cache-Control: no-store, private, max-age=0' );
		header( 'Referrer-Policy: no-referrer' );
		header( 'X-Robots-Tag: noindex, nofollow' );
	}

	/**
	 * Whether a browser only fetches ahead what may never be opened.
	 *
	 * @return bool
	 */
	private static function is_prefetch(): bool {
		foreach ( array( 'HTTP_SEC_PURPOSE', 'HTTP_PURPOSE', 'HTTP_X_PURPOSE', 'HTTP_X_MOZ' ) as $header ) {
			$purpose = isset( $_SERVER[ $header ] ) ? sanitize_text_field( wp_unslash( $_SERVER[ $header ] ) ) : '';
			if ( preg_match( '/prefetch|prerender|preview/i', $purpose ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * A value of the query, if it is text of a sensible length.
	 *
	 * @param string $name Name.
	 * @return string The value, or ''.
	 */
	private static function query( string $name ): string {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended, WordPress.Security.ValidatedSanitizedInput -- see register(); cleaned next line.
		$value = isset( $_GET[ $name ] ) && is_string( $_GET[ $name ] ) ? wp_unslash( $_GET[ $name ] ) : '';
		return strlen( $value ) <= 200 ? sanitize_text_field( $value ) : '';
	}

	/**
	 * The utm_* of the query, for whoever counts visits. Nothing else stays in the address.
	 *
	 * @return array<string, string> Encoded for add_query_arg().
	 */
	private static function utm(): array {
		$kept = array();
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- see register().
		foreach ( array_keys( $_GET ) as $name ) {
			$value = preg_match( '/\Autm_[a-z_]{1,30}\z/', (string) $name ) ? self::query( $name ) : '';
			if ( '' !== $value ) {
				$kept[ $name ] = rawurlencode( $value );
			}
		}
		return $kept;
	}
}
