<?php
/**
 * What the buttons of Comeback's page in wp-admin do.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * Each action checks its nonce and the user's rights, acts, and leads on.
 */
final class Admin_Actions {

	/**
	 * Option with the address of Comeback that the merchant typed last.
	 */
	const ADDRESS = 'comeback_address';

	/**
	 * Go to Comeback and connect there.
	 */
	public static function connect(): void {
		self::check( 'comeback_connect' );
		// phpcs:ignore WordPress.Security.NonceVerification.Missing -- checked by check().
		$address = isset( $_POST['comeback_address'] ) ? esc_url_raw( trim( sanitize_text_field( wp_unslash( $_POST['comeback_address'] ) ) ), array( 'http', 'https' ) ) : '';
		$address = untrailingslashit( $address );
		if ( '' !== Connection_Body::wrong_address( $address, Connection::address() ) ) {
			self::back( 'bad_address' );
		}
		update_option( self::ADDRESS, $address, false );
		$host = (string) wp_parse_url( $address, PHP_URL_HOST );
		add_filter(
			'allowed_redirect_hosts',
			static function ( $hosts ) use ( $host ) {
				return array_merge( (array) $hosts, array( $host ) );
			}
		);
		wp_safe_redirect( $address . '/connect/woocommerce?store=' . rawurlencode( Connection::address() ) );
		exit;
	}

	/**
	 * Keep the settings.
	 */
	public static function settings(): void {
		self::check( 'comeback_settings' );
		// phpcs:ignore WordPress.Security.NonceVerification.Missing -- checked by check().
		Core_Email::choose( ! empty( $_POST['comeback_suppress'] ) );
		self::back( 'saved' );
	}

	/**
	 * Take the connection away. Comeback is told; the message knows the way by itself.
	 */
	public static function disconnect(): void {
		self::check( 'comeback_disconnect' );
		if ( null !== Connection::current() ) {
			Sender::enqueue( 'store.disconnected', array( 'at' => Snapshot::time( time() ) ) );
			Connection::forget();
		}
		self::back( 'disconnected' );
	}

	/**
	 * Address of Comeback to begin with: the last one, else the constant COMEBACK_URL.
	 *
	 * @return string
	 */
	public static function address(): string {
		$default = defined( 'COMEBACK_URL' ) ? (string) COMEBACK_URL : '';
		/**
		 * The address of Comeback that is proposed to the merchant.
		 *
		 * @since 1.0.0
		 *
		 * @param string $default Address, or ''.
		 */
		$default = (string) apply_filters( 'comeback_default_url', $default );
		return (string) get_option( self::ADDRESS, '' ) ? (string) get_option( self::ADDRESS ) : $default;
	}

	/**
	 * Stop unless this user may do this and asked for it.
	 *
	 * @param string $action Action of the nonce.
	 */
	private static function check( string $action ): void {
		if ( ! current_user_can( Admin::MAY ) ) {
			wp_die( esc_html__( 'Only people who may manage this shop can do that.', 'comeback' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( $action );
	}

	/**
	 * Back to the page.
	 *
	 * @param string $said Word of a notice.
	 * @return never
	 */
	private static function back( string $said ): void {
		wp_safe_redirect( Admin::url( $said ) );
		exit;
	}
}
