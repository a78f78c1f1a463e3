<?php
/**
 * Comeback in wp-admin: the menu entry, its files, and what the merchant is told.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * Hooks of wp-admin. The page is in Admin_Page, what its buttons do in Admin_Actions.
 */
final class Admin {

	/**
	 * Slug of the page.
	 */
	const PAGE = 'comeback';

	/**
	 * Who may see and do all of this.
	 */
	const MAY = 'manage_woocommerce';

	/**
	 * Add the hooks.
	 */
	public static function register(): void {
		add_action( 'admin_notices', array( __CLASS__, 'show_notices' ) );
		if ( ! woocommerce_is_ready() ) {
			return;
		}
		add_action( 'admin_menu', array( __CLASS__, 'add_page' ), 60 );
		add_filter( 'plugin_action_links_' . plugin_basename( FILE ), array( __CLASS__, 'add_link' ) );
		add_action( 'admin_post_comeback_connect', array( Admin_Actions::class, 'connect' ) );
		add_action( 'admin_post_comeback_settings', array( Admin_Actions::class, 'settings' ) );
		add_action( 'admin_post_comeback_disconnect', array( Admin_Actions::class, 'disconnect' ) );
	}

	/**
	 * Add the page under WooCommerce.
	 */
	public static function add_page(): void {
		$name = 'Comeback';
		$hook = add_submenu_page( 'woocommerce', $name, $name, self::MAY, self::PAGE, array( Admin_Page::class, 'show' ) );
		if ( $hook ) {
			add_action( 'load-' . $hook, array( __CLASS__, 'prepare_page' ) );
		}
	}

	/**
	 * Files of the page, and of no other one.
	 */
	public static function prepare_page(): void {
		add_action( 'admin_enqueue_scripts', array( __CLASS__, 'add_files' ) );
	}

	/**
	 * Add script and style. What the script is told is neither secret nor about a person.
	 */
	public static function add_files(): void {
		wp_enqueue_style( 'comeback-admin', plugins_url( 'assets/admin.css', FILE ), array(), VERSION );
		$connection = Connection::current();
		if ( null === $connection || ! Admin_Page::has_frame() ) {
			return;
		}
		$told = array(
			'address' => $connection['comeback_url'],
			'page'    => $connection['comeback_url'] . '/woocommerce/' . rawurlencode( $connection['shop_key'] ),
			'tokens'  => rest_url( 'wc-comeback/v1/frame-token' ),
			'nonce'   => wp_create_nonce( 'wp_rest' ),
			'nonces'  => admin_url( 'admin-ajax.php?action=rest-nonce' ),
		);
		wp_enqueue_script( 'comeback-admin', plugins_url( 'assets/admin.js', FILE ), array(), VERSION, true );
		wp_add_inline_script( 'comeback-admin', 'var comebackAdmin = ' . wp_json_encode( $told, JSON_HEX_TAG | JSON_HEX_AMP ) . ';', 'before' );
	}

	/**
	 * A way to the page from the list of plugins.
	 *
	 * @param string[] $links Links.
	 * @return string[]
	 */
	public static function add_link( $links ): array {
		$link = '<a href="' . esc_url( self::url() ) . '">' . esc_html__( 'Open', 'comeback' ) . '</a>';
		return array_merge( array( $link ), (array) $links );
	}

	/**
	 * Address of the page.
	 *
	 * @param string $said Word of a notice, or ''.
	 * @return string
	 */
	public static function url( string $said = '' ): string {
		$url = admin_url( 'admin.php?page=' . self::PAGE );
		return '' === $said ? $url : add_query_arg( 'comeback_said', $said, $url );
	}

	/**
	 * Tell the merchant what is wrong, where they look after the shop.
	 */
	public static function show_notices(): void {
		$screen = get_current_screen();
		$place  = $screen ? $screen->id : '';
		if ( ! preg_match( '/^(dashboard|plugins)$|woocommerce|shop_order|wc-/', $place ) ) {
			return;
		}
		if ( ! woocommerce_is_ready() ) {
			if ( current_user_can( 'activate_plugins' ) ) {
				self::notice( 'error', __( 'Comeback needs WooCommerce 8.9 or later. Until it is here, Comeback does nothing.', 'comeback' ), '' );
			}
			return;
		}
		$words = current_user_can( self::MAY ) ? self::trouble( Connection::trouble() ) : '';
		if ( '' !== $words ) {
			self::notice( 'error', $words, 'woocommerce_page_comeback' === $place ? '' : self::url() );
		}
	}

	/**
	 * What is wrong, in words.
	 *
	 * @param string $trouble Word of Connection::trouble().
	 * @return string '' if nothing is.
	 */
	public static function trouble( string $trouble ): string {
		$words = array(
			'moved'        => __( 'This store has another address than the one it was connected under, so Comeback takes it for a copy: no box is shown at checkout and nothing is sent. If this is your real store, connect it again.', 'comeback' ),
			'unknown_shop' => __( 'Comeback does not know this store any more: no box is shown at checkout and nothing is sent. Connect it again to go on.', 'comeback' ),
			'refused'      => __( 'Comeback refuses what this store sends, so carts wait here. Check that the clock of this server is right; if it is, connect the store again.', 'comeback' ),
			'unreachable'  => __( 'Comeback could not be reached for a long time, and some carts were not sent. Check that its address is right and that it is running.', 'comeback' ),
		);
		return $words[ $trouble ] ?? '';
	}

	/**
	 * Show a notice.
	 *
	 * @param string $kind `error`, `success`, …
	 * @param string $text Words.
	 * @param string $url  Where to do something about it, or ''.
	 */
	public static function notice( string $kind, string $text, string $url ): void {
		$link = '' === $url ? '' : ' <a href="' . esc_url( $url ) . '">' . esc_html__( 'Open Comeback', 'comeback' ) . '</a>';
		printf( '<div class="notice notice-%s"><p>%s%s</p></div>', esc_attr( $kind ), esc_html( $text ), wp_kses_post( $link ) );
	}
}
