<?php
/**
 * WooCommerce's own abandoned cart e-mail (WooCommerce 11.0 and later) and whether it stands down for Comeback.
 *
 * @package Comeback
 */

namespace Comeback;

use Automattic\WooCommerce\Utilities\FeaturesUtil;

defined( 'ABSPATH' ) || exit;

/**
 * One setting of the merchant and the filter that acts on it. The merchant's settings in WooCommerce are never touched.
 */
final class Core_Email {

	/**
	 * Option with `yes` or `no`.
	 */
	const OPTION = 'comeback_suppress_core_email';

	/**
	 * Add the hooks.
	 */
	public static function register(): void {
		add_filter( 'woocommerce_abandoned_cart_recovery_suppress', array( __CLASS__, 'suppress' ) );
	}

	/**
	 * Whether WooCommerce shall not send: only if the merchant wants that and Comeback is there to send instead.
	 *
	 * @param mixed $suppress What others decided.
	 * @return bool
	 */
	public static function suppress( $suppress ): bool {
		return (bool) $suppress || self::stands_down();
	}

	/**
	 * Whether the merchant wants WooCommerce's e-mail to stand down.
	 *
	 * @return bool
	 */
	public static function wanted(): bool {
		return 'yes' === get_option( self::OPTION, 'no' );
	}

	/**
	 * Keep the merchant's choice.
	 *
	 * @param bool $stand_down Whether WooCommerce's e-mail shall stand down.
	 */
	public static function choose( bool $stand_down ): void {
		update_option( self::OPTION, $stand_down ? 'yes' : 'no', false );
	}

	/**
	 * For Comeback: `off`, `on`, or `suppressed` by this plugin.
	 *
	 * @return string
	 */
	public static function state(): string {
		if ( ! self::is_on() ) {
			return 'off';
		}
		return self::stands_down() ? 'suppressed' : 'on';
	}

	/**
	 * Whether WooCommerce would send the e-mail by itself, were it not for us.
	 *
	 * @return bool
	 */
	public static function is_on(): bool {
		if ( ! class_exists( FeaturesUtil::class ) || ! FeaturesUtil::feature_is_enabled( 'abandoned_cart_recovery' ) ) {
			return false;
		}
		$settings  = (array) get_option( 'woocommerce_customer_abandoned_cart_recovery_settings', array() );
		$enabled   = $settings['enabled'] ?? 'yes';
		$automated = $settings['automated'] ?? 'no';
		return 'yes' === $enabled && 'yes' === $automated;
	}

	/**
	 * Wanted, and Comeback is there: a store that forgot it, or that it forgot, gets its e-mail back.
	 *
	 * @return bool
	 */
	private static function stands_down(): bool {
		return self::wanted() && Connection::active();
	}
}
