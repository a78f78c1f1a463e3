<?php
/**
 * The log.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * WooCommerce > Status > Logs, source `comeback`. Never a phone, an e-mail address, a name or a secret; of an error only its
 * class and place, because messages may quote data.
 */
final class Log {

	/**
	 * Something went wrong inside the plugin.
	 *
	 * @param string     $message What failed, in words of ours.
	 * @param \Throwable $error   The error.
	 */
	public static function error( string $message, \Throwable $error ): void {
		self::write( 'error', sprintf( '%s: %s at %s:%d', $message, get_class( $error ), basename( $error->getFile() ), $error->getLine() ) );
	}

	/**
	 * Write a line.
	 *
	 * @param string $level   `info`, `warning` or `error`.
	 * @param string $message In words of ours.
	 */
	public static function write( string $level, string $message ): void {
		try {
			if ( function_exists( 'wc_get_logger' ) ) {
				wc_get_logger()->log( $level, $message, array( 'source' => 'comeback' ) );
			}
		} catch ( \Throwable $ignored ) { // phpcs:ignore Generic.CodeAnalysis.EmptyStatement.DetectedCatch -- A log must not break a checkout.
		}
	}
}
