<?php
/**
 * What Comeback may know about this store.
 *
 * @package Comeback
 */

namespace Comeback;

use Automattic\WooCommerce\Blocks\Utils\CartCheckoutUtils;

defined( 'ABSPATH' ) || exit;

/**
 * The answer of `wc-comeback/v1/connection`. Nothing secret and nobody's data is in it.
 */
final class Store_Facts {

	/**
	 * All facts, by the names of the contract.
	 *
	 * @return array
	 */
	public static function all(): array {
		$connection = Connection::current();
		return array_merge(
			array(
				'protocol'  => PROTOCOL,
				'plugin'    => VERSION,
				'connected' => null !== $connection,
				'shop_key'  => $connection['shop_key'] ?? '',
				'wordings'  => array_map( array( __CLASS__, 'short' ), $connection['wordings'] ?? array() ),
				'waiting'   => Sender::waiting(),
				'moved'     => Connection::moved(),
			),
			self::store()
		);
	}

	/**
	 * The store.
	 *
	 * @return array
	 */
	private static function store(): array {
		$terms = wc_terms_and_conditions_page_id();
		return array(
			'store'               => Connection::address(),
			'woocommerce'         => WC()->version,
			'wordpress'           => get_bloginfo( 'version' ),
			'php'                 => PHP_VERSION,
			'checkout'            => self::checkout(),
			'locale'              => get_locale(),
			'privacy_url'         => get_privacy_policy_url(),
			'terms_url'           => $terms > 0 ? (string) get_permalink( $terms ) : '',
			'hold_stock_minutes'  => self::hold_stock_minutes(),
			'core_recovery_email' => Core_Email::state(),
		);
	}

	/**
	 * Which checkout the store's checkout page has.
	 *
	 * @return string `block` or `classic`.
	 */
	private static function checkout(): string {
		if ( class_exists( CartCheckoutUtils::class ) && method_exists( CartCheckoutUtils::class, 'is_checkout_block_default' ) ) {
			return CartCheckoutUtils::is_checkout_block_default() ? 'block' : 'classic';
		}
		return has_block( 'woocommerce/checkout', wc_get_page_id( 'checkout' ) ) ? 'block' : 'classic';
	}

	/**
	 * After how many minutes WooCommerce cancels an unpaid order; 0 for never. It looks at this only while it manages stock.
	 *
	 * @return int
	 */
	private static function hold_stock_minutes(): int {
		return 'yes' === get_option( 'woocommerce_manage_stock' ) ? absint( get_option( 'woocommerce_hold_stock_minutes' ) ) : 0;
	}

	/**
	 * A wording without its text.
	 *
	 * @param array $wording The wording.
	 * @return array
	 */
	private static function short( array $wording ): array {
		return array(
			'locale'  => $wording['locale'],
			'version' => $wording['version'],
		);
	}
}
