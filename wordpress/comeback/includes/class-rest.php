<?php
/**
 * The plugin's REST routes: Comeback connects, reads and takes away the connection; wp-admin asks for frame tokens.
 *
 * @package Comeback
 */

namespace Comeback;

use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

defined( 'ABSPATH' ) || exit;

/**
 * `wc-comeback/v1`: WooCommerce checks its REST keys for every namespace that begins with `wc-`.
 */
final class Rest {

	/**
	 * Namespace of the routes.
	 */
	const ROUTES = 'wc-comeback/v1';

	/**
	 * Add the routes. Called when WordPress asks for routes, and on no other request.
	 */
	public static function register(): void {
		$methods = array(
			'GET'    => 'get_connection',
			'PUT'    => 'put_connection',
			'DELETE' => 'delete_connection',
		);
		foreach ( $methods as $method => $callback ) {
			self::add_route( '/connection', $method, $callback );
		}
		self::add_route( '/frame-token', 'POST', 'make_frame_token' );
	}

	/**
	 * Add one route.
	 *
	 * @param string $path     Path in the namespace.
	 * @param string $method   HTTP method.
	 * @param string $callback Method of this class.
	 */
	private static function add_route( string $path, string $method, string $callback ): void {
		register_rest_route(
			self::ROUTES,
			$path,
			array(
				'methods'             => $method,
				'callback'            => array( __CLASS__, $callback ),
				'permission_callback' => array( __CLASS__, 'may' ),
			)
		);
	}

	/**
	 * Whether this user may manage the connection.
	 *
	 * @return true|WP_Error
	 */
	public static function may() {
		if ( current_user_can( 'manage_woocommerce' ) ) {
			return true;
		}
		return new WP_Error(
			'comeback_not_allowed',
			__( 'Only people who may manage this shop can do that.', 'comeback' ),
			array( 'status' => rest_authorization_required_code() )
		);
	}

	/**
	 * What there is to know about this store and its connection.
	 *
	 * @return WP_REST_Response
	 */
	public static function get_connection(): WP_REST_Response {
		return self::fresh( Store_Facts::all() );
	}

	/**
	 * Connect, or connect anew.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function put_connection( WP_REST_Request $request ) {
		$body = json_decode( $request->get_body(), true );
		$home = Connection::address();
		$read = Connection_Body::read( is_array( $body ) ? $body : array(), $home );
		if ( '' !== $read['wrong'] ) {
			return new WP_Error( 'comeback_bad_connection', $read['wrong'], array( 'status' => 400 ) );
		}
		Connection::save( $read['connection'] );
		return self::get_connection();
	}

	/**
	 * Forget the connection: Comeback says that it ended. Carts stay, and so do links that people have already.
	 *
	 * @return WP_REST_Response
	 */
	public static function delete_connection(): WP_REST_Response {
		Connection::forget();
		return self::get_connection();
	}

	/**
	 * A one-minute token for the frame in wp-admin.
	 *
	 * @return WP_REST_Response|WP_Error
	 */
	public static function make_frame_token() {
		$connection = Connection::current();
		if ( null === $connection || Connection::moved() ) {
			return new WP_Error( 'comeback_not_connected', __( 'This store is not connected to Comeback.', 'comeback' ), array( 'status' => 409 ) );
		}
		return self::fresh(
			Frame_Token::make(
				$connection['secret'],
				Connection::address(),
				$connection['comeback_url'],
				get_current_user_id(),
				get_user_locale(),
				wp_generate_uuid4(),
				time()
			)
		);
	}

	/**
	 * An answer that nobody may keep.
	 *
	 * @param array $values Values.
	 * @return WP_REST_Response
	 */
	private static function fresh( array $values ): WP_REST_Response {
		$response = new WP_REST_Response( $values );
		$response->header( 'Cache-Control', 'no-store' );
		return $response;
	}
}
