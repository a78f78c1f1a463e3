<?php
/**
 * Plugin Name:          Comeback: cart recovery by SMS
 * Description:          Reminds shoppers who agreed to it, by text message, of the cart they left behind. Connects this store to Comeback.
 * Version:              1.0.0
 * Author:               Comeback contributors
 * License:              MIT
 * License URI:          https://opensource.org/license/mit
 * Text Domain:          comeback
 * Domain Path:          /languages
 * Requires at least:    6.4
 * Requires PHP:         7.4
 * Requires Plugins:     woocommerce
 * WC requires at least: 8.9
 * WC tested up to:      11.0
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

const VERSION  = '1.0.0';
const PROTOCOL = 1;
const FILE     = __FILE__;

/**
 * Load a class of this plugin: `Comeback\Restore_Link` is in includes/class-restore-link.php.
 *
 * @param string $name Full name of the class.
 */
function autoload( string $name ): void {
	if ( 0 !== strpos( $name, __NAMESPACE__ . '\\' ) ) {
		return;
	}
	$slug = strtolower( str_replace( '_', '-', substr( $name, strlen( __NAMESPACE__ ) + 1 ) ) );
	$file = __DIR__ . '/includes/class-' . $slug . '.php';
	if ( is_file( $file ) ) {
		require $file;
	}
}
spl_autoload_register( __NAMESPACE__ . '\autoload' );

/**
 * Tell WooCommerce which of its features this plugin works with.
 */
function declare_compatibility(): void {
	if ( class_exists( 'Automattic\WooCommerce\Utilities\FeaturesUtil' ) ) {
		\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', FILE, true );
		\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'cart_checkout_blocks', FILE, true );
	}
}

/**
 * Whether WooCommerce is here and new enough. Without it the plugin only says so in wp-admin.
 *
 * @return bool
 */
function woocommerce_is_ready(): bool {
	return defined( 'WC_VERSION' ) && version_compare( WC_VERSION, '8.9', '>=' );
}

/**
 * Let a class add its hooks, if it is here.
 *
 * @param string $name Name of the class without the namespace.
 */
function start( string $name ): void {
	$callback = array( __NAMESPACE__ . '\\' . $name, 'register' );
	if ( is_callable( $callback ) ) {
		call_user_func( $callback );
	}
}

/**
 * Begin: on every request as little as possible. A file is read when something on this request needs it.
 */
function boot(): void {
	if ( is_admin() ) {
		start( 'Admin' );
		start( 'Privacy' );
	}
	if ( ! woocommerce_is_ready() ) {
		return;
	}
	add_action( 'comeback_flush', array( __NAMESPACE__ . '\Sender', 'flush' ) );
	add_action( 'comeback_daily', array( __NAMESPACE__ . '\Sender', 'daily' ) );
	add_filter( 'wc_subscriptions_object_data', array( __NAMESPACE__ . '\Attribution', 'keep_off_renewals' ) );
	add_action(
		'rest_api_init',
		static function () {
			start( 'Rest' );
		}
	);
	if ( wp_doing_cron() || ( defined( 'WP_CLI' ) && WP_CLI ) ) {
		start( 'Privacy' );
	}
	// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- A signed link from a text message; Restore checks its mac.
	if ( isset( $_GET['comeback'] ) ) {
		start( 'Restore' );
	}
	if ( Connection::active() ) {
		start( 'Consent' );
		start( 'Capture' );
		start( 'Attribution' );
		start( 'Core_Email' );
	}
}

/**
 * Find the translations that come with the plugin. WordPress 6.7 and later read them when a text is asked for, not before.
 */
function find_translations(): void {
	load_plugin_textdomain( 'comeback', false, dirname( plugin_basename( FILE ) ) . '/languages' );
}

/**
 * Make the table and the options that must exist, so that asking for them costs no query later.
 */
function activate(): void {
	Carts::create_table();
	Connection::prepare();
	if ( null !== Connection::current() ) {
		Sender::start();
	}
}

/**
 * Leave no jobs behind that nobody would do. The connection and what waits stay for when the plugin comes back.
 */
function deactivate(): void {
	Sender::rest();
}

add_action( 'before_woocommerce_init', __NAMESPACE__ . '\declare_compatibility' );
add_action( 'plugins_loaded', __NAMESPACE__ . '\boot', 20 );
add_action( 'init', __NAMESPACE__ . '\find_translations' );
register_activation_hook( __FILE__, __NAMESPACE__ . '\activate' );
register_deactivation_hook( __FILE__, __NAMESPACE__ . '\deactivate' );
