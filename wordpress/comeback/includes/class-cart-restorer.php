<?php
/**
 * Puts what a saved cart held into the visitor's cart.
 *
 * @package Comeback
 */

namespace Comeback;

use WC_Coupon;
use WC_Product;

defined( 'ABSPATH' ) || exit;

/**
 * Adds what is not there yet and takes nothing away, so that following a link twice is the same as once. Lines go through
 * WC_Cart::add_to_cart(), so that stock, prices and other plugins have their say; serialized cart contents are never used.
 */
final class Cart_Restorer {

	/**
	 * Key in WooCommerce's session: which line of the visitor's cart came of which saved line.
	 */
	const SESSION = 'comeback_restored';

	/**
	 * Restore a cart and tell the visitor, without a word about a person, what could not be restored.
	 *
	 * @param array  $row    Row of Carts.
	 * @param string $coupon Code of the link; '' if it has none.
	 */
	public static function restore( array $row, string $coupon ): void {
		// What WooCommerce says on the way is put aside: its errors would make the block checkout refuse the order.
		$notices = wc_get_notices();
		$missing = self::add_lines( (array) ( $row['contents']['lines'] ?? array() ) );
		$refused = self::apply_coupons( $coupon, (array) ( $row['contents']['coupons'] ?? array() ) );
		wc_set_notices( $notices );
		if ( $missing > 0 ) {
			/* translators: %d: number of products */
			$text = _n( '%d product of this cart can no longer be bought as it was.', '%d products of this cart can no longer be bought as they were.', $missing, 'comeback' );
			self::say( sprintf( $text, $missing ) );
		}
		if ( $refused ) {
			/* translators: %s: coupon code */
			self::say( sprintf( __( 'The code %s does not work for this cart.', 'comeback' ), esc_html( $coupon ) ) );
		}
	}

	/**
	 * Add the lines that the visitor's cart doesn't hold.
	 *
	 * @param array[] $lines Saved lines.
	 * @return int How many could not be restored, or not in their quantity.
	 */
	private static function add_lines( array $lines ): int {
		$missing = 0;
		$came    = (array) WC()->session->get( self::SESSION, array() );
		foreach ( $lines as $line ) {
			$known = md5( (string) wp_json_encode( array( $line['product_id'], $line['variation_id'], $line['variation'] ?? array(), $line['data'] ?? array() ) ) );
			if ( isset( $came[ $known ] ) && WC()->cart->get_cart_item( $came[ $known ] ) || self::is_held( $line ) ) {
				continue;
			}
			$quantity = self::quantity( $line );
			$key      = $quantity > 0 ? self::add( $line, $quantity ) : '';
			$missing += '' === $key || $quantity < $line['quantity'] ? 1 : 0;
			if ( '' !== $key ) {
				$came[ $known ] = $key;
			}
		}
		WC()->session->set( self::SESSION, array_slice( $came, -100, null, true ) );
		return $missing;
	}

	/**
	 * Whether the visitor's cart holds a line like this one. How many of it they want is theirs to say.
	 *
	 * @param array $line Saved line.
	 * @return bool
	 */
	private static function is_held( array $line ): bool {
		foreach ( WC()->cart->get_cart() as $item ) {
			$same = (int) $item['product_id'] === (int) $line['product_id']
				&& (int) $item['variation_id'] === (int) $line['variation_id']
				&& ! array_diff_assoc( (array) ( $line['variation'] ?? array() ), (array) $item['variation'] );
			if ( $same && self::data_fits( (array) ( $line['data'] ?? array() ), $item ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether a cart item carries the same data of other plugins, an engraving for example.
	 *
	 * @param array $saved Saved data.
	 * @param array $item  Item of the cart.
	 * @return bool
	 */
	private static function data_fits( array $saved, array $item ): bool {
		$own = Snapshot::item_data( array_diff_key( $item, array_flip( Snapshot::OWN ) ) );
		ksort( $saved );
		ksort( $own );
		return wp_json_encode( $saved ) === wp_json_encode( $own );
	}

	/**
	 * How many of a line can be bought today.
	 *
	 * @param array $line Saved line.
	 * @return int|float 0 if none.
	 */
	private static function quantity( array $line ) {
		$product = wc_get_product( $line['variation_id'] ? $line['variation_id'] : $line['product_id'] );
		if ( ! $product instanceof WC_Product || ! $product->is_purchasable() || ! $product->is_in_stock() ) {
			return 0;
		}
		$most = $product->get_max_purchase_quantity();
		return $most > 0 ? min( $line['quantity'], $most ) : $line['quantity'];
	}

	/**
	 * Add one line.
	 *
	 * @param array     $line     Saved line.
	 * @param int|float $quantity How many.
	 * @return string Key of the cart item; '' if WooCommerce refused.
	 */
	private static function add( array $line, $quantity ): string {
		return (string) WC()->cart->add_to_cart(
			(int) $line['product_id'],
			$quantity,
			(int) $line['variation_id'],
			(array) ( $line['variation'] ?? array() ),
			(array) ( $line['data'] ?? array() )
		);
	}

	/**
	 * Apply the link's coupon, then those the cart had, as far as they go with it.
	 *
	 * @param string   $coupon Code of the link, or ''.
	 * @param string[] $saved  Codes of the saved cart.
	 * @return bool Whether the link's coupon was refused.
	 */
	private static function apply_coupons( string $coupon, array $saved ): bool {
		if ( WC()->cart->is_empty() || ! wc_coupons_enabled() ) {
			return false;
		}
		$refused = '' !== $coupon && ! self::apply( $coupon );
		foreach ( $saved as $code ) {
			$alone = ( new WC_Coupon( (string) $code ) )->get_individual_use();
			if ( ! $alone || ! WC()->cart->get_applied_coupons() ) {
				self::apply( (string) $code );
			}
		}
		return $refused;
	}

	/**
	 * Apply one coupon.
	 *
	 * @param string $code Code.
	 * @return bool Whether the cart has it.
	 */
	private static function apply( string $code ): bool {
		$code = wc_format_coupon_code( $code );
		return WC()->cart->has_discount( $code ) || WC()->cart->apply_coupon( $code );
	}

	/**
	 * Say something, once.
	 *
	 * @param string $text The sentence.
	 */
	private static function say( string $text ): void {
		if ( ! wc_has_notice( $text, 'notice' ) ) {
			wc_add_notice( $text, 'notice' );
		}
	}
}
