<?php
/**
 * Which text brought an order: what a restore link left in the visitor's session goes on to the order.
 *
 * @package Comeback
 */

namespace Comeback;

use WC_Order;

defined( 'ABSPATH' ) || exit;

/**
 * The session holds the cart that was restored and the recovery's id (`utm_id` of the link), for 7 days.
 */
final class Attribution {

	/**
	 * Key in WooCommerce's session.
	 */
	const SESSION = 'comeback_came_by';

	/**
	 * How long a visit by link counts, in seconds: 7 days.
	 */
	const LIFETIME = 604800;

	/**
	 * Order meta: the cart's id.
	 */
	const CART = '_comeback_cart';

	/**
	 * Order meta: the recovery's id.
	 */
	const RECOVERY = '_comeback_recovery_id';

	/**
	 * Add the hooks: classic checkout, block checkout. After those of Capture, which marks the visitor's own cart.
	 */
	public static function register(): void {
		add_action( 'woocommerce_checkout_create_order', array( __CLASS__, 'mark' ), 20 );
		add_action( 'woocommerce_checkout_order_created', array( __CLASS__, 'remember' ), 20 );
		add_action( 'woocommerce_store_api_checkout_update_order_meta', array( __CLASS__, 'mark_and_remember' ), 20 );
	}

	/**
	 * What WooCommerce Subscriptions copies from an order to its subscription, and from there to every renewal: a renewal comes of no text.
	 *
	 * @param array $data Values by meta key.
	 * @return array
	 */
	public static function keep_off_renewals( $data ): array {
		return array_diff_key( (array) $data, array_flip( array( self::CART, self::RECOVERY, Consent::META, Consent::PROOF_META ) ) );
	}

	/**
	 * A visitor followed a restore link.
	 *
	 * @param string $cart_id     The restored cart.
	 * @param string $recovery_id The link's `utm_id`; '' if it has none.
	 */
	public static function came_by( string $cart_id, string $recovery_id ): void {
		WC()->session->set(
			self::SESSION,
			array(
				'cart'     => $cart_id,
				'recovery' => (string) substr( $recovery_id, 0, 100 ),
				'at'       => time(),
				'order'    => 0,
			)
		);
	}

	/**
	 * The cart this visitor restored, if it is open and of the same phone: whoever goes on with their own cart on another
	 * device, and agrees there anew, still has one cart and not two.
	 *
	 * @param string $phone As typed by this visitor.
	 * @return string Cart id, or ''.
	 */
	public static function restored_cart( string $phone ): string {
		$visit = self::visit();
		$row   = null === $visit ? null : Carts::find( $visit['cart'] );
		if ( null === $row || Carts::OPEN !== $row['state'] ) {
			return '';
		}
		return self::same_phone( $phone, (string) ( $row['shopper']['phone'] ?? '' ) ) ? $row['cart_id'] : '';
	}

	/**
	 * Whether two typed phones are one, with or without the country before it.
	 *
	 * @param string $one   As typed.
	 * @param string $other As typed.
	 * @return bool
	 */
	public static function same_phone( string $one, string $other ): bool {
		$one    = ltrim( (string) preg_replace( '/\D/', '', $one ), '0' );
		$other  = ltrim( (string) preg_replace( '/\D/', '', $other ), '0' );
		$length = min( strlen( $one ), strlen( $other ) );
		return $length >= 8 && substr( $one, -$length ) === substr( $other, -$length );
	}

	/**
	 * Write the marks on an order; it is saved by the checkout afterwards.
	 *
	 * @param WC_Order $order The order.
	 */
	public static function mark( $order ): void {
		$visit = $order instanceof WC_Order ? self::visit() : null;
		if ( null === $visit || self::is_spent( $visit, $order ) ) {
			return;
		}
		if ( '' !== $visit['recovery'] ) {
			$order->update_meta_data( self::RECOVERY, $visit['recovery'] );
		}
		if ( '' === (string) $order->get_meta( self::CART ) ) {
			$order->update_meta_data( self::CART, $visit['cart'] );
		}
	}

	/**
	 * Remember the order that this visit led to.
	 *
	 * @param WC_Order $order The order, with its id.
	 */
	public static function remember( $order ): void {
		$visit = $order instanceof WC_Order ? self::visit() : null;
		if ( null !== $visit && ! self::is_spent( $visit, $order ) && $order->get_id() !== $visit['order'] ) {
			$visit['order'] = $order->get_id();
			WC()->session->set( self::SESSION, $visit );
		}
	}

	/**
	 * Both, for the block checkout, whose order has its id already.
	 *
	 * @param WC_Order $order The order.
	 */
	public static function mark_and_remember( $order ): void {
		self::mark( $order );
		self::remember( $order );
	}

	/**
	 * The visit by link that the shopper's session holds, if it is not too long ago.
	 *
	 * @return array|null cart, recovery, at, order.
	 */
	private static function visit(): ?array {
		$visit = function_exists( 'WC' ) && WC()->session ? WC()->session->get( self::SESSION ) : null;
		return is_array( $visit ) && time() - (int) $visit['at'] < self::LIFETIME ? $visit : null;
	}

	/**
	 * Whether the visit led to another order that was bought: one visit, one order. After a declined payment a checkout
	 * may well make a second one, which is still of this visit.
	 *
	 * @param array    $visit The visit.
	 * @param WC_Order $order The order of this moment.
	 * @return bool
	 */
	private static function is_spent( array $visit, WC_Order $order ): bool {
		if ( 0 === $visit['order'] || $visit['order'] === $order->get_id() ) {
			return false;
		}
		$before = wc_get_order( $visit['order'] );
		return $before instanceof WC_Order && ! $before->has_status( array( 'pending', 'failed', 'cancelled', 'checkout-draft' ) );
	}
}
