<?php
/**
 * WordPress's privacy tools: what is exported about a person, and the text suggested for the privacy policy.
 *
 * @package Comeback
 */

namespace Comeback;

use WC_Order;

defined( 'ABSPATH' ) || exit;

/**
 * Answers by e-mail address: that is what WordPress asks with. Erasing is in Eraser.
 */
final class Privacy {

	/**
	 * Orders looked at in one go.
	 */
	const PER_PAGE = 50;

	/**
	 * Add the hooks.
	 */
	public static function register(): void {
		add_action( 'admin_init', array( __CLASS__, 'suggest_policy' ) );
		add_filter( 'wp_privacy_personal_data_exporters', array( __CLASS__, 'add_exporter' ) );
		Eraser::register();
	}

	/**
	 * Add the exporter.
	 *
	 * @param array $exporters Exporters by name.
	 * @return array
	 */
	public static function add_exporter( $exporters ): array {
		$exporters['comeback'] = array(
			'exporter_friendly_name' => __( 'Comeback: carts and consent', 'comeback' ),
			'callback'               => array( __CLASS__, 'export' ),
		);
		return $exporters;
	}

	/**
	 * Export what is kept about a person.
	 *
	 * @param string $email E-mail address.
	 * @param int    $page  Page, from 1.
	 * @return array{data: array[], done: bool}
	 */
	public static function export( $email, $page = 1 ): array {
		$data   = array();
		$orders = self::orders( (string) $email, (int) $page );
		foreach ( (int) $page > 1 ? array() : self::carts( (string) $email ) as $row ) {
			$data[] = self::group( 'cart-' . $row['cart_id'], self::cart( $row ) );
		}
		foreach ( $orders as $order ) {
			$values = self::consent( (array) json_decode( (string) $order->get_meta( '_comeback_consent' ), true ) );
			if ( $values ) {
				$data[] = self::group( 'order-' . $order->get_id(), array( __( 'Order', 'comeback' ) => $order->get_order_number() ) + $values );
			}
		}
		return array(
			'data' => $data,
			'done' => count( $orders ) < self::PER_PAGE,
		);
	}

	/**
	 * Carts of a person: by the address they typed, and by their account if they have one.
	 *
	 * @param string $email E-mail address.
	 * @return array[] Rows of Carts.
	 */
	public static function carts( string $email ): array {
		$user = get_user_by( 'email', $email );
		return Carts::by_email( $email, $user ? Visit::hash( (string) $user->ID ) : '' );
	}

	/**
	 * Orders of a person: by their address, and by their account if they have one.
	 *
	 * @param string $email E-mail address.
	 * @param int    $page  Page, from 1.
	 * @return WC_Order[]
	 */
	public static function orders( string $email, int $page ): array {
		if ( ! function_exists( 'wc_get_orders' ) || '' === $email ) {
			return array();
		}
		$user   = get_user_by( 'email', $email );
		$orders = wc_get_orders(
			array(
				'limit'    => self::PER_PAGE,
				'page'     => $page,
				'orderby'  => 'ID',
				'order'    => 'ASC',
				'type'     => 'shop_order',
				'customer' => $user ? array( $email, (int) $user->ID ) : array( $email ),
			)
		);
		return is_array( $orders ) ? $orders : array();
	}

	/**
	 * What a row says about a person.
	 *
	 * @param array $row Row of Carts.
	 * @return array<string, string> Value by name.
	 */
	private static function cart( array $row ): array {
		$shopper = $row['shopper'];
		$values  = array(
			__( 'Cart of', 'comeback' )    => gmdate( 'Y-m-d H:i:s', $row['created_at'] ) . ' UTC',
			__( 'Last change', 'comeback' ) => gmdate( 'Y-m-d H:i:s', $row['updated_at'] ) . ' UTC',
			__( 'Name', 'comeback' )       => trim( ( $shopper['first_name'] ?? '' ) . ' ' . ( $shopper['last_name'] ?? '' ) ),
			__( 'E-mail', 'comeback' )     => $shopper['email'] ?? '',
			__( 'Phone', 'comeback' )      => $shopper['phone'] ?? '',
			__( 'Place', 'comeback' )      => trim( implode( ' ', array_intersect_key( $shopper, array_flip( array( 'country', 'state', 'postcode', 'city' ) ) ) ) ),
			__( 'Products', 'comeback' )   => implode( ', ', array_column( $row['contents']['lines'] ?? array(), 'name' ) ),
		);
		return array_filter( $values + self::consent( $row['consent'] ), 'strlen' );
	}

	/**
	 * What a consent says.
	 *
	 * @param array $consent As kept with carts and orders.
	 * @return array<string, string> Value by name.
	 */
	private static function consent( array $consent ): array {
		$names  = array(
			'at'         => __( 'Agreed at', 'comeback' ),
			'text'       => __( 'Agreed to', 'comeback' ),
			'page'       => __( 'On page', 'comeback' ),
			'ip'         => __( 'IP address', 'comeback' ),
			'user_agent' => __( 'Browser', 'comeback' ),
		);
		$values = array();
		foreach ( $names as $key => $name ) {
			if ( ! empty( $consent[ $key ] ) && is_scalar( $consent[ $key ] ) ) {
				$values[ $name ] = (string) $consent[ $key ];
			}
		}
		return $values;
	}

	/**
	 * One group of an export.
	 *
	 * @param string $id     Id of the item.
	 * @param array  $values Value by name.
	 * @return array
	 */
	private static function group( string $id, array $values ): array {
		$data = array();
		foreach ( $values as $name => $value ) {
			$data[] = array(
				'name'  => $name,
				'value' => esc_html( $value ),
			);
		}
		return array(
			'group_id'    => 'comeback',
			'group_label' => __( 'Cart reminders by text message', 'comeback' ),
			'item_id'     => $id,
			'data'        => $data,
		);
	}

	/**
	 * Suggest a text for the privacy policy.
	 */
	public static function suggest_policy(): void {
		$text  = '<p class="privacy-policy-tutorial">' . esc_html__( 'Say who runs Comeback for you, and where its servers are.', 'comeback' ) . '</p>';
		$text .= '<p><strong class="privacy-policy-tutorial">' . esc_html__( 'Suggested text:', 'comeback' ) . ' </strong>';
		$text .= esc_html__( 'If you tick the box for text messages at checkout, we keep your phone number, your name and e-mail address as you typed them, your country, state, city and postcode, what is in your cart, and when, where (page, IP address, browser) and to which words you agreed. We use this to remind you by text message of a cart that you left. The service that sends the messages for us receives it.', 'comeback' ) . ' ';
		$text .= esc_html__( 'You can take the tick away, answer STOP to any message, or ask us to erase the data. What this site keeps of an unfinished cart is deleted after 30 days.', 'comeback' ) . '</p>';
		wp_add_privacy_policy_content( __( 'Comeback: cart recovery by SMS', 'comeback' ), wp_kses_post( $text ) );
	}
}
