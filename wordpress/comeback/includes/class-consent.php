<?php
/**
 * The box at the checkout.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * Unticked until this shopper ticks it in this visit, with exactly the words that Comeback gave. On the block checkout it is an
 * additional field of WooCommerce, on the classic one it stands before the button.
 */
final class Consent {

	/**
	 * Field of the block checkout.
	 */
	const FIELD = 'comeback/sms-consent';

	/**
	 * Where WooCommerce keeps that field, on orders and customers. The plugin writes the same for the classic checkout.
	 */
	const META = '_wc_other/comeback/sms-consent';

	/**
	 * Order meta with the proof.
	 */
	const PROOF_META = '_comeback_consent';

	/**
	 * Names in the classic form: the box, and the sign that the box was there at all.
	 */
	const INPUT = 'comeback_sms_consent';
	const SHOWN = 'comeback_sms_shown';

	/**
	 * Key in WooCommerce's session: the words that this visitor was shown last.
	 */
	const READ = 'comeback_read';

	/**
	 * The words of the box on the block checkout in this request.
	 *
	 * @var array|null
	 */
	private static $label = null;

	/**
	 * Add the hooks.
	 */
	public static function register(): void {
		add_action( 'woocommerce_init', array( __CLASS__, 'add_block_field' ) );
		add_action( 'template_redirect', array( __CLASS__, 'before_page' ), 1 );
		add_action( 'woocommerce_review_order_before_submit', array( __CLASS__, 'print_classic_box' ) );
	}

	/**
	 * Add the box to the block checkout.
	 */
	public static function add_block_field(): void {
		$wording = Connection::wording();
		if ( null === $wording || ! function_exists( 'woocommerce_register_additional_checkout_field' ) ) {
			return;
		}
		try {
			woocommerce_register_additional_checkout_field(
				array(
					'id'                         => self::FIELD,
					'label'                      => $wording['text'],
					'optionalLabel'              => $wording['text'],
					'location'                   => 'contact',
					'type'                       => 'checkbox',
					'required'                   => false,
					'show_in_order_confirmation' => false,
				)
			);
			self::$label = $wording;
		} catch ( \Throwable $error ) {
			Log::error( 'The box could not be added to the checkout', $error );
		}
	}

	/**
	 * Remember which words this visitor reads, and mend two things that WooCommerce does with every contact field. It shows it in "My account", where the box would promise what
	 * it can't do; and it shows it ticked if it was ticked at an earlier purchase.
	 */
	public static function before_page(): void {
		try {
			if ( is_account_page() && function_exists( '__internal_woocommerce_blocks_deregister_checkout_field' ) ) {
				__internal_woocommerce_blocks_deregister_checkout_field( self::FIELD );
			}
			if ( is_checkout() && null !== self::$label ) {
				self::remember( self::$label );
			}
			if ( is_checkout() && WC()->customer && ! self::given() && '1' === WC()->customer->get_meta( self::META ) ) {
				WC()->customer->update_meta_data( self::META, '0' );
			}
		} catch ( \Throwable $error ) {
			Log::error( 'The box could not be prepared', $error );
		}
	}

	/**
	 * Print the box of the classic checkout, and bring its script along.
	 */
	public static function print_classic_box(): void {
		$wording = Connection::wording();
		if ( null === $wording ) {
			return;
		}
		self::remember( $wording );
		wp_enqueue_script( 'comeback-classic', plugins_url( 'assets/classic.js', FILE ), array( 'jquery', 'wc-checkout' ), VERSION, true );
		printf(
			'<p class="form-row comeback-sms-consent"><label class="woocommerce-form__label woocommerce-form__label-for-checkbox checkbox" for="%1$s">'
			. '<input type="checkbox" class="woocommerce-form__input woocommerce-form__input-checkbox input-checkbox" name="%1$s" id="%1$s" value="1"%2$s /> '
			. '<span>%3$s</span></label><input type="hidden" name="%4$s" value="1" /></p>',
			esc_attr( self::INPUT ),
			checked( self::given(), true, false ),
			esc_html( $wording['text'] ),
			esc_attr( self::SHOWN )
		);
	}

	/**
	 * Remember the words beside the box. The request that brings the tick may have another language, as those of the Store API on a store
	 * with several, or come after the words were changed; what was agreed to is what was read.
	 *
	 * @param array $wording locale, version, text.
	 */
	public static function remember( array $wording ): void {
		if ( WC()->session ) {
			WC()->session->set( self::READ, $wording );
		}
	}

	/**
	 * Whether this shopper ticked the box in this visit.
	 *
	 * @return bool
	 */
	public static function given(): bool {
		return Capture::ticked() ?? ! empty( Visit::kept()['consent'] );
	}

	/**
	 * The proof of a tick, made when it is first seen.
	 *
	 * @param string $form `block` or `classic`.
	 * @return array|null at, version, locale, text, form, page, ip, user_agent; null: there is no wording to agree to.
	 */
	public static function record( string $form ): ?array {
		$wording = Connection::wording();
		if ( null === $wording ) {
			return null;
		}
		$read    = WC()->session ? WC()->session->get( self::READ ) : null;
		$wording = is_array( $read ) ? $read : $wording;
		return array(
			'at'         => gmdate( 'Y-m-d\TH:i:s\Z' ),
			'version'    => (int) $wording['version'],
			'locale'     => (string) $wording['locale'],
			'text'       => (string) $wording['text'],
			'form'       => $form,
			'page'       => self::page(),
			'ip'         => (string) \WC_Geolocation::get_ip_address(),
			'user_agent' => substr( (string) wc_get_user_agent(), 0, 400 ),
		);
	}

	/**
	 * What an order keeps of the proof: it has its own IP address and user agent.
	 *
	 * @param array $consent As record() made it.
	 * @return string JSON.
	 */
	public static function proof( array $consent ): string {
		unset( $consent['ip'], $consent['user_agent'] );
		return (string) wp_json_encode( $consent, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE );
	}

	/**
	 * The page with the box: where the request came from, if that is this store, without its query.
	 *
	 * @return string
	 */
	private static function page(): string {
		$referer = wp_get_raw_referer();
		if ( $referer && wp_parse_url( $referer, PHP_URL_HOST ) === wp_parse_url( Connection::address(), PHP_URL_HOST ) ) {
			return esc_url_raw( (string) preg_replace( '/[?#].*$/', '', $referer ) );
		}
		return (string) wc_get_checkout_url();
	}
}
