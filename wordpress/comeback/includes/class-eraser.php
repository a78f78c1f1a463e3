<?php
/**
 * WordPress's eraser of personal data: forgets a person here and tells Comeback to forget them too.
 *
 * @package Comeback
 */

namespace Comeback;

use WC_Order;

defined( 'ABSPATH' ) || exit;

/**
 * Orders are the merchant's records: WooCommerce anonymises them if the merchant chose so, and then takes the marks of
 * consent with them.
 */
final class Eraser {

	/**
	 * Order meta that says something about a person.
	 */
	const META = array( '_comeback_consent', '_wc_other/comeback/sms-consent' );

	/**
	 * Add the hooks.
	 */
	public static function register(): void {
		add_filter( 'wp_privacy_personal_data_erasers', array( __CLASS__, 'add' ), 999 );
		add_filter( 'woocommerce_privacy_remove_order_personal_data_meta', array( __CLASS__, 'add_meta' ) );
		add_filter( 'woocommerce_privacy_remove_order_personal_data_meta_value', array( __CLASS__, 'drop_meta' ), 10, 2 );
	}

	/**
	 * Add the eraser, before all others: when WooCommerce's has run, no order bears the address any more.
	 *
	 * @param array $erasers Erasers by name.
	 * @return array
	 */
	public static function add( $erasers ): array {
		$ours = array(
			'comeback' => array(
				'eraser_friendly_name' => __( 'Comeback: carts and consent', 'comeback' ),
				'callback'             => array( __CLASS__, 'erase' ),
			),
		);
		return $ours + (array) $erasers;
	}

	/**
	 * Erase a person.
	 *
	 * @param string $email E-mail address.
	 * @param int    $page  Page, from 1.
	 * @return array{items_removed: bool, items_retained: bool, messages: string[], done: bool}
	 */
	public static function erase( $email, $page = 1 ): array {
		$orders = Privacy::orders( (string) $email, (int) $page );
		$rows   = (int) $page > 1 ? array() : Privacy::carts( (string) $email );
		if ( 1 === (int) $page || $orders ) {
			self::tell( (string) $email, $rows, $orders );
		}
		foreach ( $rows as $row ) {
			Carts::erase( $row['cart_id'] );
		}
		$user = get_user_by( 'email', (string) $email );
		if ( $user ) {
			delete_user_meta( $user->ID, Consent::META );
		}
		return array(
			'items_removed'  => array() !== $rows,
			'items_retained' => false,
			'messages'       => array(),
			'done'           => count( $orders ) < Privacy::PER_PAGE,
		);
	}

	/**
	 * Tell Comeback. It goes out from a background job, like everything.
	 *
	 * @param string     $email  E-mail address.
	 * @param array[]    $rows   Rows of Carts.
	 * @param WC_Order[] $orders Orders.
	 */
	private static function tell( string $email, array $rows, array $orders ): void {
		if ( null === Connection::current() ) {
			return;
		}
		$orders_of_rows = array_filter( array_column( $rows, 'order_id' ) );
		$orders_found   = array_map( array( __CLASS__, 'id' ), $orders );
		Sender::enqueue(
			'shopper.erased',
			array(
				'at'        => gmdate( 'Y-m-d\TH:i:s\Z' ),
				'phones'    => self::phones( $email, $rows, $orders ),
				'emails'    => array( $email ),
				'cart_ids'  => array_column( $rows, 'cart_id' ),
				'order_ids' => array_values( array_unique( array_merge( $orders_found, $orders_of_rows ) ) ),
			)
		);
	}

	/**
	 * Phones of a person, as they typed them.
	 *
	 * @param string     $email  E-mail address.
	 * @param array[]    $rows   Rows of Carts.
	 * @param WC_Order[] $orders Orders.
	 * @return string[]
	 */
	private static function phones( string $email, array $rows, array $orders ): array {
		$phones = array();
		foreach ( $rows as $row ) {
			$phones[] = (string) ( $row['shopper']['phone'] ?? '' );
		}
		foreach ( $orders as $order ) {
			$phones[] = $order->get_billing_phone();
			$phones[] = $order->get_shipping_phone();
		}
		$user = get_user_by( 'email', $email );
		if ( $user ) {
			$phones[] = (string) get_user_meta( $user->ID, 'billing_phone', true );
			$phones[] = (string) get_user_meta( $user->ID, 'shipping_phone', true );
		}
		return array_values( array_unique( array_filter( array_map( 'trim', $phones ), 'strlen' ) ) );
	}

	/**
	 * An order's id.
	 *
	 * @param WC_Order $order Order.
	 * @return int
	 */
	private static function id( WC_Order $order ): int {
		return $order->get_id();
	}

	/**
	 * Add the marks of consent to what WooCommerce takes from an order that it anonymises.
	 *
	 * @param array $meta Type of data by key.
	 * @return array
	 */
	public static function add_meta( $meta ): array {
		return array_merge( (array) $meta, array_fill_keys( self::META, 'text' ) );
	}

	/**
	 * Delete the marks instead of writing "[deleted]" over them.
	 *
	 * @param mixed  $value What WooCommerce would write.
	 * @param string $key   Key.
	 * @return mixed
	 */
	public static function drop_meta( $value, $key ) {
		return in_array( $key, self::META, true ) ? '' : $value;
	}
}
