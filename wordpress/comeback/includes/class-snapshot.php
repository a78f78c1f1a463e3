<?php
/**
 * What is kept of a cart and its shopper, and what Comeback is told of it.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * Reading in a shopper's request takes only what is in memory; what costs queries is looked up when the snapshot is sent.
 */
final class Snapshot {

	/**
	 * What WooCommerce itself keeps in a line of a cart. All else is item data of other plugins: add-ons, engravings.
	 */
	const OWN = array( 'key', 'product_id', 'variation_id', 'variation', 'quantity', 'data', 'data_hash', 'line_tax_data', 'line_subtotal', 'line_subtotal_tax', 'line_total', 'line_tax' );

	/**
	 * Item data that is longer than this as JSON is left out.
	 */
	const MAX_DATA = 8000;

	/**
	 * Lines of a cart that are kept.
	 */
	const MAX_LINES = 100;

	/**
	 * Fields of a shopper.
	 */
	const FIELDS = array( 'phone', 'email', 'first_name', 'last_name', 'country', 'state', 'city', 'postcode' );

	/**
	 * Whether something typed can be a phone. Comeback reads it properly.
	 *
	 * @param string $phone As typed.
	 * @return bool
	 */
	public static function is_phone( string $phone ): bool {
		$digits = strlen( (string) preg_replace( '/\D/', '', $phone ) );
		return $digits >= 6 && $digits <= 20 && strlen( $phone ) <= 40;
	}

	/**
	 * The shopper of WooCommerce's session: the block checkout keeps them there as they type.
	 *
	 * @param \WC_Customer $customer Customer.
	 * @return array See Carts.
	 */
	public static function shopper_of_customer( $customer ): array {
		return self::shopper_of_object( $customer, (int) $customer->get_id() );
	}

	/**
	 * The shopper of an order.
	 *
	 * @param \WC_Order $order Order.
	 * @return array See Carts.
	 */
	public static function shopper_of_order( $order ): array {
		return self::shopper_of_object( $order, (int) $order->get_customer_id() );
	}

	/**
	 * The shopper as the classic form names them.
	 *
	 * @param array $fields Fields of the form, unslashed.
	 * @return array See Carts.
	 */
	public static function shopper_of_form( array $fields ): array {
		return self::shopper(
			static function ( string $name ) use ( $fields ) {
				foreach ( array( 'billing_' . $name, 'shipping_' . $name ) as $key ) {
					if ( isset( $fields[ $key ] ) && is_string( $fields[ $key ] ) && '' !== trim( $fields[ $key ] ) ) {
						return $fields[ $key ];
					}
				}
				return '';
			},
			get_current_user_id()
		);
	}

	/**
	 * The shopper of a customer or an order: billing first, shipping if that is empty.
	 *
	 * @param \WC_Customer|\WC_Order $holder      Where from.
	 * @param int                    $customer_id WordPress user, 0 for a guest.
	 * @return array See Carts.
	 */
	private static function shopper_of_object( $holder, int $customer_id ): array {
		return self::shopper(
			static function ( string $name ) use ( $holder ) {
				foreach ( array( 'get_billing_' . $name, 'get_shipping_' . $name ) as $getter ) {
					$value = is_callable( array( $holder, $getter ) ) ? (string) $holder->$getter() : '';
					if ( '' !== $value ) {
						return $value;
					}
				}
				return '';
			},
			$customer_id
		);
	}

	/**
	 * A shopper.
	 *
	 * @param callable $read        Gives the text of a field.
	 * @param int      $customer_id WordPress user, 0 for a guest.
	 * @return array See Carts.
	 */
	private static function shopper( callable $read, int $customer_id ): array {
		$shopper = array( 'customer_id' => $customer_id );
		foreach ( self::FIELDS as $name ) {
			$shopper[ $name ] = mb_substr( sanitize_text_field( $read( $name ) ), 0, 200 );
		}
		return $shopper;
	}

	/**
	 * A cart with all that brings it back.
	 *
	 * @param \WC_Cart $cart Cart.
	 * @return array See Carts.
	 */
	public static function contents( $cart ): array {
		$taxed = $cart->display_prices_including_tax();
		$lines = array();
		foreach ( array_slice( $cart->get_cart(), 0, self::MAX_LINES ) as $item ) {
			$lines[] = self::line( $item, $taxed );
		}
		return array(
			'currency' => get_woocommerce_currency(),
			'total'    => self::money( (float) $cart->get_total( 'edit' ) ),
			'locale'   => get_locale(),
			'coupons'  => array_values( array_map( 'strval', $cart->get_applied_coupons() ) ),
			'lines'    => $lines,
		);
	}

	/**
	 * One line.
	 *
	 * @param array $item  Cart item.
	 * @param bool  $taxed Whether the shopper sees prices with tax.
	 * @return array See Carts.
	 */
	private static function line( array $item, bool $taxed ): array {
		$quantity = (float) $item['quantity'];
		$price    = (float) ( $item['line_subtotal'] ?? 0 ) + ( $taxed ? (float) ( $item['line_subtotal_tax'] ?? 0 ) : 0 );
		return array(
			'product_id'   => (int) $item['product_id'],
			'variation_id' => (int) ( $item['variation_id'] ?? 0 ),
			'variation'    => (array) ( $item['variation'] ?? array() ),
			'quantity'     => floor( $quantity ) === $quantity ? (int) $quantity : $quantity,
			'data'         => self::item_data( array_diff_key( $item, array_flip( self::OWN ) ) ),
			'name'         => wp_strip_all_tags( (string) $item['data']->get_title() ),
			'price'        => self::money( $quantity > 0 ? $price / $quantity : 0.0 ),
		);
	}

	/**
	 * Item data of other plugins, as far as it can be kept: scalars and arrays of them. Never a serialized object.
	 *
	 * @param array $data Item data.
	 * @return array
	 */
	public static function item_data( array $data ): array {
		$kept = array_filter( $data, array( __CLASS__, 'is_plain' ) );
		$json = (string) wp_json_encode( $kept ); // '' for what JSON can't hold, as NAN.
		return '' === $json || strlen( $json ) > self::MAX_DATA ? array() : $kept;
	}

	/**
	 * Whether a value holds no object.
	 *
	 * @param mixed $value Value.
	 * @param mixed $depth How deep it lies; array_filter() gives nothing.
	 * @return bool
	 */
	private static function is_plain( $value, $depth = 0 ): bool {
		if ( ! is_array( $value ) ) {
			return null === $value || is_scalar( $value );
		}
		foreach ( $value as $inner ) {
			if ( $depth >= 5 || ! self::is_plain( $inner, $depth + 1 ) ) {
				return false;
			}
		}
		return true;
	}

	/**
	 * What Comeback is told of a row.
	 *
	 * @param array $row See Carts.
	 * @param int   $now Unix seconds by this machine's clock, which checks the link too.
	 * @return array Body of `cart.updated`, or of `cart.removed` for a removed cart.
	 */
	public static function of( array $row, int $now ): array {
		$body = self::head();
		if ( Carts::REMOVED === $row['state'] ) {
			$body['cart']   = array(
				'id'         => $row['cart_id'],
				'revision'   => $row['revision'],
				'updated_at' => self::time( $row['updated_at'] ),
			);
			$body['reason'] = $row['reason'];
			return $body;
		}
		$body['cart']    = self::cart( $row, $now );
		$body['shopper'] = $row['shopper'];
		$body['consent'] = $row['consent'];
		return $body;
	}

	/**
	 * What every message begins with.
	 *
	 * @return array
	 */
	public static function head(): array {
		return array(
			'protocol' => PROTOCOL,
			'plugin'   => VERSION,
			'store'    => Connection::address(),
		);
	}

	/**
	 * The part `cart`.
	 *
	 * @param array $row See Carts.
	 * @param int   $now Unix seconds.
	 * @return array
	 */
	private static function cart( array $row, int $now ): array {
		$contents = $row['contents'];
		return array(
			'id'          => $row['cart_id'],
			'revision'    => $row['revision'],
			'created_at'  => self::time( $row['created_at'] ),
			'updated_at'  => self::time( $row['updated_at'] ),
			'currency'    => $contents['currency'],
			'total'       => $contents['total'],
			'coupons'     => $contents['coupons'],
			'locale'      => $contents['locale'],
			'lines'       => array_map( array( __CLASS__, 'line_told' ), $contents['lines'] ),
			'restore_url' => class_exists( Restore::class ) ? Restore::link( $row['cart_id'], $now ) : '',
		);
	}

	/**
	 * A line as Comeback is told: with the words for what was chosen, without item data.
	 *
	 * @param array $line See Carts.
	 * @return array
	 */
	private static function line_told( array $line ): array {
		$product = wc_get_product( $line['variation_id'] ? $line['variation_id'] : $line['product_id'] );
		$chosen  = array();
		foreach ( $line['variation'] as $name => $value ) {
			$taxonomy = (string) preg_replace( '/^attribute_/', '', (string) $name );
			$term     = taxonomy_exists( $taxonomy ) ? get_term_by( 'slug', $value, $taxonomy ) : false;
			$chosen[] = $term ? $term->name : $value;
		}
		return array(
			'product_id'   => $line['product_id'],
			'variation_id' => $line['variation_id'],
			'quantity'     => $line['quantity'],
			'name'         => $line['name'],
			'variant'      => implode( ', ', array_filter( array_map( 'strval', $chosen ), 'strlen' ) ),
			'sku'          => $product ? (string) $product->get_sku() : '',
			'price'        => $line['price'],
		);
	}

	/**
	 * An amount as text, for example `24.50`.
	 *
	 * @param float $amount In the currency's major unit.
	 * @return string
	 */
	private static function money( float $amount ): string {
		return number_format( $amount, wc_get_price_decimals(), '.', '' );
	}

	/**
	 * A time as text.
	 *
	 * @param int $seconds Unix seconds.
	 * @return string UTC, whole seconds, with Z.
	 */
	public static function time( int $seconds ): string {
		return gmdate( 'Y-m-d\TH:i:s\Z', $seconds );
	}
}
