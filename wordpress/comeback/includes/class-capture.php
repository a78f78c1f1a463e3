<?php
/**
 * Sees carts, phones and ticks go by, and keeps those of shoppers who agreed.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * The hooks only note what happened. What follows from it is done once, at the end of the request, when phone, tick and cart
 * have settled: at most one write, and none if nothing changed. Nothing here may ever disturb a checkout.
 */
final class Capture {

	/**
	 * Statuses of orders that are bought: paid, or to be paid by transfer or at the door.
	 */
	const BOUGHT = array( 'on-hold', 'processing', 'completed' );

	/**
	 * What this request said about the box: true, false, or null for nothing.
	 *
	 * @var bool|null
	 */
	private static $ticked = null;

	/**
	 * The form of this request: `block` or `classic`.
	 *
	 * @var string
	 */
	private static $form = 'block';

	/**
	 * The shopper as the classic form of this request names them.
	 *
	 * @var array|null
	 */
	private static $typed = null;

	/**
	 * Whether the block checkout named the shopper in this request.
	 *
	 * @var bool
	 */
	private static $named = false;

	/**
	 * Whether this request placed an order: its cart is kept already.
	 *
	 * @var bool
	 */
	private static $placed = false;

	/**
	 * Whether the end of the request is waited for.
	 *
	 * @var bool
	 */
	private static $waits = false;

	/**
	 * Add the hooks.
	 */
	public static function register(): void {
		$hooks = array(
			'woocommerce_store_api_cart_update_customer_from_request' => array( 'block_customer', 0 ),
			'woocommerce_store_api_checkout_update_draft' => array( 'block_draft', 1 ),
			'woocommerce_store_api_checkout_update_order_from_request' => array( 'block_order', 2 ),
			'woocommerce_checkout_update_order_review'    => array( 'classic_form', 1 ),
			'woocommerce_checkout_create_order'           => array( 'classic_order', 1 ),
			'woocommerce_checkout_order_created'          => array( 'classic_order_made', 1 ),
			'woocommerce_cart_updated'                    => array( 'touched', 0 ),
			'woocommerce_cart_emptied'                    => array( 'touched', 0 ),
			'woocommerce_order_status_changed'            => array( 'order_changed', 4 ),
		);
		foreach ( $hooks as $hook => $method ) {
			add_action( $hook, self::safely( $method[0] ), 20, $method[1] );
		}
	}

	/**
	 * What this request said about the box.
	 *
	 * @return bool|null Null: nothing.
	 */
	public static function ticked(): ?bool {
		return self::$ticked;
	}

	/**
	 * A method of this class that can't throw.
	 *
	 * @param string $method Its name.
	 * @return \Closure
	 */
	private static function safely( string $method ): \Closure {
		return static function ( ...$values ) use ( $method ) {
			try {
				self::$method( ...$values );
			} catch ( \Throwable $error ) {
				Log::error( 'A cart could not be kept', $error );
			}
		};
	}

	/**
	 * Something about customer or cart may have changed.
	 */
	private static function touched(): void {
		if ( ! self::$waits ) {
			self::$waits = true;
			// Before WooCommerce saves the customer (10) and the session (20).
			add_action( 'shutdown', self::safely( 'settle' ), 5 );
		}
	}

	/**
	 * The block checkout named its shopper.
	 */
	private static function block_customer(): void {
		self::$named = true;
		self::touched();
	}

	/**
	 * The block checkout was changed (WooCommerce 10.8 and later, which makes no draft order for it).
	 *
	 * @param \WP_REST_Request $request Request.
	 */
	private static function block_draft( $request ): void {
		self::read_block_box( $request );
		self::touched();
	}

	/**
	 * The block checkout was changed (earlier versions, with a draft order) or an order was placed by it.
	 *
	 * @param \WC_Order        $order   Order.
	 * @param \WP_REST_Request $request Request.
	 */
	private static function block_order( $order, $request ): void {
		self::read_block_box( $request );
		if ( 'POST' !== $request->get_method() ) {
			self::touched();
			return;
		}
		self::mark_order( $order, self::keep_for_order( $order, $order->get_id() ) );
	}

	/**
	 * Read the box of the block checkout.
	 *
	 * @param \WP_REST_Request $request Request.
	 */
	private static function read_block_box( $request ): void {
		$fields = $request['additional_fields'];
		if ( is_array( $fields ) && array_key_exists( Consent::FIELD, $fields ) ) {
			self::$ticked = wc_string_to_bool( $fields[ Consent::FIELD ] );
			self::$form   = 'block';
		}
	}

	/**
	 * The classic checkout was changed.
	 *
	 * @param string $form The form as a query string.
	 */
	private static function classic_form( $form ): void {
		$fields = array();
		parse_str( (string) $form, $fields );
		self::read_classic_box( $fields );
		self::touched();
	}

	/**
	 * An order is about to be made by the classic checkout. WooCommerce has checked its nonce.
	 *
	 * @param \WC_Order $order Order, not saved yet.
	 */
	private static function classic_order( $order ): void {
		// phpcs:ignore WordPress.Security.NonceVerification.Missing -- WC_Checkout::process_checkout() did it.
		self::read_classic_box( wp_unslash( $_POST ) );
		$kept = self::keep_for_order( $order, 0 );
		if ( $kept ) {
			$order->update_meta_data( Consent::META, '1' );
		}
		self::mark_order( $order, $kept );
	}

	/**
	 * The classic checkout made its order: now it has a number.
	 *
	 * @param \WC_Order $order Order.
	 */
	private static function classic_order_made( $order ): void {
		$cart_id = (string) $order->get_meta( '_comeback_cart' );
		$kept    = Visit::kept();
		if ( '' !== $cart_id && ( $kept['cart'] ?? '' ) === $cart_id ) {
			Carts::placed( $cart_id, $order->get_id() );
			$kept['order'] = $order->get_id();
			Visit::keep( $kept );
		}
	}

	/**
	 * Read the box and the shopper of the classic form.
	 *
	 * @param array $fields Fields of the form, unslashed.
	 */
	private static function read_classic_box( array $fields ): void {
		if ( empty( $fields[ Consent::SHOWN ] ) ) {
			return; // Another form, or a theme that leaves the box out: it says nothing about the tick.
		}
		self::$ticked = ! empty( $fields[ Consent::INPUT ] );
		self::$form   = 'classic';
		self::$typed  = Snapshot::shopper_of_form( $fields );
	}

	/**
	 * An order changed its status: when it is bought, its cart is done.
	 *
	 * @param int       $order_id Order.
	 * @param string    $from     Status before.
	 * @param string    $to       Status now.
	 * @param \WC_Order $order    Order.
	 */
	private static function order_changed( $order_id, $from, $to, $order ): void {
		if ( ! in_array( $to, array_merge( self::BOUGHT, wc_get_is_paid_statuses() ), true ) ) {
			return;
		}
		$cart_id = (string) $order->get_meta( '_comeback_cart' );
		if ( '' === $cart_id ) {
			return;
		}
		Carts::mark( $cart_id, Carts::ORDERED );
		if ( ( Visit::kept()['cart'] ?? '' ) === $cart_id ) {
			Visit::keep( array() ); // The tick was for this purchase. The next one is asked anew.
			self::$ticked = null;
		}
	}

	/**
	 * The end of the request: draw the sum.
	 */
	private static function settle(): void {
		$kept = self::$placed ? array() : self::current_consent();
		if ( empty( $kept['consent'] ) || ! WC()->cart ) {
			return;
		}
		$shopper = self::shopper( $kept );
		// The classic form comes back empty when its page is loaded anew; the block checkout's only if the shopper took the phone away.
		$no_phone = self::$named && 'block' === $kept['consent']['form'] && '' === $shopper['phone'] && empty( $kept['order'] );
		if ( $no_phone || WC()->cart->is_empty() ) {
			self::emptied( $kept );
			return;
		}
		self::keep( $kept, $shopper, 0 );
	}

	/**
	 * What is kept of this visitor, after what this request said about the box.
	 *
	 * @return array See Visit.
	 */
	private static function current_consent(): array {
		$kept = Visit::kept();
		if ( false === self::$ticked ) {
			$cart_id = (string) ( $kept['cart'] ?? self::lost_cart() );
			if ( '' !== $cart_id ) {
				Carts::remove( $cart_id, 'unticked' );
				Sender::soon();
			}
			if ( $kept ) {
				Visit::keep( array() );
			}
			return array();
		}
		if ( true === self::$ticked && empty( $kept['consent'] ) ) {
			$consent = Consent::record( self::$form );
			$kept    = null === $consent ? array() : array( 'consent' => $consent );
			Visit::keep( $kept );
		}
		return $kept;
	}

	/**
	 * A cart that the shopper's session forgot: WooCommerce writes a session as a whole, so of two requests at once one can undo what the other
	 * wrote into it. An hour later a box that isn't ticked is more likely one of another visit, and says nothing.
	 *
	 * @return string Cart id, or ''.
	 */
	private static function lost_cart(): string {
		$who = Visit::who();
		$row = '' === $who ? null : Carts::open_of( $who );
		return null !== $row && time() - $row['updated_at'] < HOUR_IN_SECONDS ? $row['cart_id'] : '';
	}

	/**
	 * The cart is empty, bought or thrown away, or nobody's any more.
	 *
	 * @param array $kept See Visit.
	 */
	private static function emptied( array $kept ): void {
		if ( ! empty( $kept['order'] ) ) {
			Visit::keep( array() );
			return;
		}
		if ( ! empty( $kept['cart'] ) ) {
			Carts::remove( $kept['cart'], 'emptied' );
			Sender::soon();
			unset( $kept['cart'], $kept['hash'] );
			Visit::keep( $kept );
		}
	}

	/**
	 * The shopper of this visit.
	 *
	 * @param array $kept See Visit.
	 * @return array See Carts.
	 */
	private static function shopper( array $kept ): array {
		if ( null !== self::$typed ) {
			return self::$typed;
		}
		return $kept['shopper'] ?? Snapshot::shopper_of_customer( WC()->customer );
	}

	/**
	 * Keep the cart, if there is a phone and something changed.
	 *
	 * @param array $kept     See Visit.
	 * @param array $shopper  See Carts.
	 * @param int   $order_id Order it became, 0 for none.
	 * @return string Cart id, '' if none is kept.
	 */
	private static function keep( array $kept, array $shopper, int $order_id ): string {
		if ( ! Snapshot::is_phone( $shopper['phone'] ) ) {
			return (string) ( $kept['cart'] ?? '' );
		}
		$contents = Snapshot::contents( WC()->cart );
		$hash     = Carts::content_hash( $shopper, $contents, $kept['consent'] );
		$is_new   = ( $kept['hash'] ?? '' ) !== $hash;
		if ( $is_new ) {
			$kept = self::write( $kept, $shopper, $contents, $order_id );
		} elseif ( $order_id ) {
			Carts::placed( $kept['cart'], $order_id );
		}
		if ( ! $kept ) {
			Visit::keep( array() );
			return '';
		}
		if ( $is_new || $order_id ) {
			$kept['hash']  = $hash;
			$kept['order'] = $order_id ? $order_id : ( $kept['order'] ?? 0 );
			if ( 'classic' === $kept['consent']['form'] ) {
				$kept['shopper'] = $shopper;
			}
			Visit::keep( $kept );
		}
		return $kept['cart'];
	}

	/**
	 * Write the cart.
	 *
	 * @param array $kept     See Visit.
	 * @param array $shopper  See Carts.
	 * @param array $contents See Carts.
	 * @param int   $order_id Order it became, 0 for none.
	 * @return array See Visit; empty: this cart was bought or erased, and the tick ended with it.
	 */
	private static function write( array $kept, array $shopper, array $contents, int $order_id ): array {
		$who = Visit::who();
		if ( empty( $kept['cart'] ) ) {
			// Two requests at once can lose what one of them wrote into the session: the cart is there already.
			$kept['cart'] = Carts::open_of( $who )['cart_id'] ?? Attribution::restored_cart( $shopper['phone'] );
		}
		if ( '' === $kept['cart'] ) {
			$kept['cart'] = Carts::add( $who, $shopper, $contents, $kept['consent'], $order_id );
		} elseif ( ! Carts::update( $kept['cart'], $who, $shopper, $contents, $kept['consent'], $order_id ) ) {
			return array();
		}
		Sender::soon();
		return $kept;
	}

	/**
	 * Keep the cart of an order that is being placed.
	 *
	 * @param \WC_Order $order    Order.
	 * @param int       $order_id Its number, 0 if it has none yet.
	 * @return array See Visit; without consent nothing.
	 */
	private static function keep_for_order( $order, int $order_id ): array {
		self::$placed = true;

		$kept = self::current_consent();
		if ( empty( $kept['consent'] ) ) {
			return array();
		}
		$cart_id = self::keep( $kept, Snapshot::shopper_of_order( $order ), $order_id );
		return array(
			'consent' => $kept['consent'],
			'cart'    => $cart_id,
		);
	}

	/**
	 * Write the marks of the contract on an order. WooCommerce saves it.
	 *
	 * @param \WC_Order $order Order.
	 * @param array     $kept  See Visit.
	 */
	private static function mark_order( $order, array $kept ): void {
		if ( ! $kept ) {
			if ( '1' === $order->get_meta( Consent::META ) ) {
				$order->update_meta_data( Consent::META, '0' ); // WooCommerce copied the tick of an earlier purchase.
			}
			return;
		}
		$order->update_meta_data( Consent::PROOF_META, Consent::proof( $kept['consent'] ) );
		if ( '' !== $kept['cart'] ) {
			$order->update_meta_data( '_comeback_cart', $kept['cart'] );
		}
	}
}
