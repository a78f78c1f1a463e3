<?php
/**
 * The plugin is being deleted: so is all that it kept, in each site of a network.
 *
 * Marks on orders stay: they are the merchant's records of what a shopper agreed to. Anonymising an order takes them away.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

if ( ! function_exists( __NAMESPACE__ . '\boot' ) ) {
	require __DIR__ . '/comeback.php';
}

/**
 * Delete what the plugin kept in this site.
 */
function uninstall_site(): void {
	if ( null !== Connection::current() ) {
		Sender::send_now( 'store.disconnected', array( 'at' => Snapshot::time( time() ) ) );
	}
	Sender::end();
	Carts::drop_table();
	$options = array( Connection::OPTION, Connection::ACTIVE, Connection::STATE, Restore::KEY, Core_Email::OPTION, Admin_Actions::ADDRESS );
	array_map( 'delete_option', $options );
	// Core copies the tick of a shopper with an account into their profile.
	delete_metadata( 'user', 0, Consent::META, '', true );
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $comeback_site ) { // phpcs:ignore WordPress.Arrays.ArrayDeclarationSpacing.AssociativeArrayFound
		switch_to_blog( $comeback_site );
		uninstall_site();
		restore_current_blog();
	}
} else {
	uninstall_site();
}
