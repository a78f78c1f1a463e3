<?php
/**
 * An option that several requests change at the same time.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * WordPress keeps options in memory from the beginning of a request, and a background job may run for minutes: what another request
 * wrote in the meantime is not seen, and is written over. So these are read from the database itself, and changed only if nobody
 * else did. Neither is autoloaded.
 */
final class Shared_Option {

	/**
	 * So often a change is begun anew because another request was quicker.
	 */
	const TRIES = 20;

	/**
	 * What the option holds now.
	 *
	 * @param string $name Name.
	 * @return mixed Null without the option.
	 */
	public static function read( string $name ) {
		$raw = self::raw( $name );
		return null === $raw ? null : maybe_unserialize( $raw );
	}

	/**
	 * Change what the option holds.
	 *
	 * @param string   $name   Name.
	 * @param callable $change Gets what it holds (null: nothing yet) and gives what it shall hold: a scalar or an array. May be called again.
	 * @return bool False: others were quicker each time.
	 */
	public static function change( string $name, callable $change ): bool {
		global $wpdb;
		for ( $i = 0; $i < self::TRIES; $i++ ) {
			$raw = self::raw( $name );
			$new = (string) maybe_serialize( $change( null === $raw ? null : maybe_unserialize( $raw ) ) );
			if ( $raw === $new ) {
				return true;
			}
			if ( null === $raw ) {
				// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- add_option() can write over what came in the meantime.
				$wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO {$wpdb->options} (option_name, option_value, autoload) VALUES (%s, '', 'no')", $name ) );
				continue;
			}
			// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- See the class.
			$changed = $wpdb->query( $wpdb->prepare( "UPDATE {$wpdb->options} SET option_value = %s WHERE option_name = %s AND option_value = BINARY %s", $new, $name, $raw ) );
			wp_cache_delete( $name, 'options' );
			wp_cache_delete( 'notoptions', 'options' );
			if ( 1 === (int) $changed ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * What stands in the database.
	 *
	 * @param string $name Name.
	 * @return string|null
	 */
	private static function raw( string $name ): ?string {
		global $wpdb;
		// Not get_var(), which gives null for an empty text.
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- See the class.
		$row = $wpdb->get_row( $wpdb->prepare( "SELECT option_value FROM {$wpdb->options} WHERE option_name = %s LIMIT 1", $name ), ARRAY_A );
		return is_array( $row ) ? (string) $row['option_value'] : null;
	}
}
