<?php
// A small world instead of WordPress and WooCommerce: options, hooks, a session, a cart, a clock, and an answering Comeback.
// The real ones are met by the end-to-end suite.

namespace Comeback {
	// The plugin's classes call time() without a backslash, so this clock is theirs.
	function time(): int {
		return \World::$now;
	}

	// The table in memory: the methods of the real class that Capture and Sender use. A test compares their signatures.
	final class Carts {
		const OPEN    = 'open';
		const ORDERED = 'ordered';
		const REMOVED = 'removed';
		const ERASED  = 'erased';
		const DELAY   = 30;

		public static $rows   = array();
		public static $writes = 0;
		public static $reads  = 0;

		public static function create_table(): void {}

		public static function find( string $cart_id ): ?array {
			++self::$reads;
			return self::$rows[ $cart_id ] ?? null;
		}

		public static function open_of( string $session_hash ): ?array {
			++self::$reads;
			foreach ( self::$rows as $row ) {
				if ( $row['session_hash'] === $session_hash && 'open' === $row['state'] && 0 === $row['order_id'] ) {
					return $row;
				}
			}
			return null;
		}

		public static function add( string $session_hash, array $shopper, array $contents, array $consent, int $order_id = 0 ): string {
			++self::$writes;
			$cart_id = md5( (string) self::$writes );

			self::$rows[ $cart_id ] = compact( 'cart_id', 'session_hash', 'shopper', 'contents', 'consent', 'order_id' ) + array(
				'state' => 'open', 'reason' => '', 'created_at' => time(), 'updated_at' => time(), 'revision' => 1,
				'sent_revision' => 0, 'tries' => 0, 'next_at' => time() + self::DELAY,
			);
			return $cart_id;
		}

		public static function update( string $cart_id, string $session_hash, array $shopper, array $contents, array $consent, int $order_id = 0 ): bool {
			$order_id = $order_id ? $order_id : ( self::$rows[ $cart_id ]['order_id'] ?? 0 );
			$next     = array( 'tries' => 0, 'next_at' => time() + self::DELAY, 'updated_at' => time() );
			return self::change( $cart_id, compact( 'session_hash', 'shopper', 'contents', 'consent', 'order_id' ) + $next, true );
		}

		public static function placed( string $cart_id, int $order_id ): void {
			self::change( $cart_id, compact( 'order_id' ), false );
		}

		public static function remove( string $cart_id, string $reason ): void {
			$next = array( 'shopper' => array(), 'contents' => array(), 'consent' => array(), 'tries' => 0, 'next_at' => time() );
			self::change( $cart_id, array( 'state' => 'removed', 'reason' => $reason ) + $next, true );
		}

		public static function mark( string $cart_id, string $state ): void {
			self::change( $cart_id, array( 'state' => $state, 'shopper' => array(), 'consent' => array(), 'next_at' => 0 ), false );
		}

		public static function hold(): void {
			foreach ( array_keys( self::$rows ) as $cart_id ) {
				self::$rows[ $cart_id ]['next_at'] = 0;
			}
		}

		public static function due( int $now, int $limit ): array {
			return array_slice( array_filter( self::$rows, static function ( $row ) use ( $now ) {
				return $row['next_at'] > 0 && $row['next_at'] <= $now;
			} ), 0, $limit );
		}

		public static function claim( array $row, int $until ): bool {
			$is_same = self::$rows[ $row['cart_id'] ]['next_at'] === $row['next_at'];

			self::$rows[ $row['cart_id'] ]['next_at'] = $until;
			return $is_same;
		}

		public static function settled( array $row, bool $sent ): void {
			$mine = &self::$rows[ $row['cart_id'] ];
			if ( $mine['revision'] === $row['revision'] ) {
				$mine['next_at']       = 0;
				$mine['tries']         = 0;
				$mine['sent_revision'] = $sent ? $mine['revision'] : $mine['sent_revision'];
			}
		}

		public static function later( array $row, int $at ): void {
			$mine = &self::$rows[ $row['cart_id'] ];
			if ( $mine['revision'] === $row['revision'] ) {
				++$mine['tries'];
				$mine['next_at'] = $at;
			}
		}

		public static function waiting(): array {
			$times = array_filter( array_column( self::$rows, 'next_at' ) );
			return array( 'at' => $times ? min( $times ) : 0, 'waiting' => count( $times ) );
		}

		public static function delete_old( int $now ): void {}

		public static function content_hash( array $shopper, array $contents, array $consent ): string {
			return md5( json_encode( array( $shopper, $contents, $consent['at'] ?? '' ) ) );
		}

		private static function change( string $cart_id, array $values, bool $is_revision ): bool {
			++self::$writes;
			if ( 'open' !== ( self::$rows[ $cart_id ]['state'] ?? '' ) ) {
				return false;
			}
			self::$rows[ $cart_id ]              = array_merge( self::$rows[ $cart_id ], $values );
			self::$rows[ $cart_id ]['revision'] += $is_revision ? 1 : 0;
			return true;
		}
	}
}

namespace {
	define( 'ABSPATH', '/' );
	define( 'ARRAY_A', 'ARRAY_A' );
	define( 'MINUTE_IN_SECONDS', 60 );
	define( 'HOUR_IN_SECONDS', 3600 );
	define( 'DAY_IN_SECONDS', 86400 );
	define( 'WC_VERSION', '11.0.1' );

	final class World {
		public static $now     = 1795542000;
		public static $options = array();
		public static $hooks   = array();
		public static $locale  = 'en_US';
		public static $posted  = array();
		public static $answers = array();
		public static $actions = array();
		public static $log     = array();
		public static $user    = 0;
		public static $as      = true; // Whether Action Scheduler is ready.
		public static $meanwhile; // What another request does while Comeback is asked.
		public static $remembered = array(); // Options as a request found them at its beginning.
		public static $wc;

		public static function begin(): void {
			self::$now     = 1795542000;
			self::$options = array( 'home' => 'https://shop.example' );
			self::$hooks   = self::$posted = self::$answers = self::$actions = self::$log = array();
			self::$locale  = 'en_US';
			self::$user    = 0;
			self::$as      = true;
			self::$wc      = (object) array( 'session' => new Fake_Session(), 'customer' => new Fake_Person(), 'cart' => new Fake_Cart() );
			$_POST         = $_GET = self::$remembered = array();

			self::$meanwhile = null;
			$GLOBALS['wpdb'] = new Fake_Db();

			Comeback\Carts::$rows   = array();
			Comeback\Carts::$writes = Comeback\Carts::$reads = 0;
			self::next_request();
		}

		// A connected store whose hooks are added.
		public static function connected(): void {
			Comeback\Connection::save( array(
				'comeback_url' => 'https://comeback.example/', 'shop_key' => '3EihuucfsnGi', 'secret' => str_repeat( 's', 43 ),
				'wordings'     => array( array( 'locale' => 'en', 'version' => 3, 'text' => 'I agree & "more"' ), array( 'locale' => 'de', 'version' => 2, 'text' => 'Ja' ) ),
			) );
			Comeback\Carts::$writes = 0;
			self::next_request();
		}

		// What PHP does between two requests: nothing static is left.
		public static function next_request(): void {
			$statics = array( 'ticked' => null, 'form' => 'block', 'typed' => null, 'named' => false, 'placed' => false, 'waits' => false );
			foreach ( $statics as $name => $value ) {
				$property = new ReflectionProperty( 'Comeback\Capture', $name );
				if ( PHP_VERSION_ID < 80100 ) {
					$property->setAccessible( true );
				}
				$property->setValue( null, $value );
			}
			self::$hooks = array();
			Comeback\Capture::register();
		}

		// The end of a request.
		public static function shutdown(): void {
			do_action( 'shutdown' );
			self::next_request();
		}

		public static function row(): array {
			return array_values( Comeback\Carts::$rows )[0];
		}
	}

	// The table of options, as two requests at once see it.
	final class Fake_Db {
		public $options = 'wp_options';
		public function prepare( $sql, ...$values ) { return array( $sql, $values ); }
		public function get_row( $query ) {
			$name = $query[1][0];
			return array_key_exists( $name, World::$options ) ? array( 'option_value' => maybe_serialize( World::$options[ $name ] ) ) : null;
		}
		public function get_var( $query ) {
			$values = array_values( $this->get_row( $query ) ?? array( '' ) );
			return '' === $values[0] ? null : $values[0]; // As WordPress does.
		}
		public function query( $query ) {
			list( $sql, $values ) = $query;
			if ( 0 === strpos( $sql, 'INSERT IGNORE' ) ) {
				World::$options += array( $values[0] => '' );
				return 1;
			}
			if ( (string) $this->get_var( array( '', array( $values[1] ) ) ) !== $values[2] ) {
				return 0;
			}
			World::$options[ $values[1] ] = maybe_unserialize( $values[0] );
			return 1;
		}
	}

	final class Fake_Session {
		public $data = array();
		public $id   = 't_one';
		public function get( $key, $default = null ) { return $this->data[ $key ] ?? $default; }
		public function set( $key, $value ) { $this->data[ $key ] = $value; }
		public function get_customer_id() { return $this->id; }
	}

	// A customer or an order.
	final class Fake_Person {
		public $fields = array();
		public $meta   = array();
		public $id     = 0;
		public function __call( $name, $values ) { return $this->fields[ substr( $name, 4 ) ] ?? ''; }
		public function get_id() { return $this->id; }
		public function get_customer_id() { return 0; }
		public function get_meta( $key ) { return $this->meta[ $key ] ?? ''; }
		public function update_meta_data( $key, $value ) { $this->meta[ $key ] = $value; }
	}

	final class Fake_Product {
		public function get_title() { return 'T-Shirt'; }
		public function get_sku() { return 'TS-S'; }
	}

	final class Fake_Cart {
		public $items = array();
		public function add( int $product_id, $quantity = 1, array $more = array() ): void {
			$this->items[] = $more + array(
				'key' => 'k' . $product_id, 'product_id' => $product_id, 'variation_id' => 0, 'variation' => array(), 'quantity' => $quantity,
				'line_subtotal' => 12 * $quantity, 'line_subtotal_tax' => 1.2 * $quantity, 'data' => new Fake_Product(),
			);
		}
		public function is_empty() { return ! $this->items; }
		public function get_cart() { return $this->items; }
		public function get_total() { return array_sum( array_column( $this->items, 'line_subtotal' ) ); }
		public function get_applied_coupons() { return array( 'welcome10' ); }
		public function display_prices_including_tax() { return false; }
	}

	final class Fake_Request implements ArrayAccess {
		private $values;
		private $method;
		public function __construct( array $values, string $method = 'PUT' ) { $this->values = $values; $this->method = $method; }
		public function get_method() { return $this->method; }
		#[ReturnTypeWillChange]
		public function offsetGet( $key ) { return $this->values[ $key ] ?? null; }
		public function offsetExists( $key ): bool { return isset( $this->values[ $key ] ); }
		public function offsetSet( $key, $value ): void {}
		public function offsetUnset( $key ): void {}
	}

	final class Fake_Log {
		public function log( $level, $message, $context ) { World::$log[] = array( $level, $message, $context['source'] ); }
	}

	final class WC_Geolocation {
		public static function get_ip_address() { return '203.0.113.7'; }
	}

	final class WP_Error {}

	function WC() { return World::$wc; }
	function get_option( $name, $default = false ) { return World::$remembered[ $name ] ?? World::$options[ $name ] ?? $default; }
	function maybe_serialize( $value ) { return is_array( $value ) ? serialize( $value ) : (string) $value; }
	function maybe_unserialize( $text ) { return 1 === preg_match( '/^a:\d+:/', $text ) ? unserialize( $text ) : $text; }
	function add_option( $name, $value ) { World::$options += array( $name => $value ); }
	function update_option( $name, $value ) { World::$options[ $name ] = $value; }
	function delete_option( $name ) { unset( World::$options[ $name ] ); }
	function add_action( $hook, $callback, $priority = 10, $count = 1 ) { World::$hooks[ $hook ][] = array( $callback, $count ); }
	function add_filter( $hook, $callback, $priority = 10, $count = 1 ) { add_action( $hook, $callback, $priority, $count ); }
	function do_action( $hook, ...$values ) {
		foreach ( World::$hooks[ $hook ] ?? array() as $added ) {
			call_user_func_array( $added[0], array_slice( $values, 0, $added[1] ) );
		}
	}
	function untrailingslashit( $text ) { return rtrim( $text, '/' ); }
	function wp_json_encode( $value, $flags = 0 ) { return json_encode( $value, $flags ); }
	function wp_salt() { return 'salt'; }
	function get_locale() { return World::$locale; }
	function sanitize_text_field( $text ) { return trim( strip_tags( (string) $text ) ); }
	function wp_strip_all_tags( $text ) { return strip_tags( $text ); }
	function wp_unslash( $value ) { return $value; }
	function wp_get_raw_referer() { return 'https://shop.example/checkout/?key=secret'; }
	function wp_parse_url( $url, $part ) { return parse_url( $url, $part ); }
	function esc_url_raw( $url ) { return $url; }
	function wc_get_checkout_url() { return 'https://shop.example/checkout/'; }
	function wc_get_user_agent() { return 'Mozilla/5.0'; }
	function wc_string_to_bool( $value ) { return is_bool( $value ) ? $value : in_array( $value, array( 1, '1', 'yes', 'true' ), true ); }
	function wc_get_is_paid_statuses() { return array( 'processing', 'completed' ); }
	function wc_get_price_decimals() { return 2; }
	function wc_get_product() { return new Fake_Product(); }
	function wc_get_logger() { return new Fake_Log(); }
	function get_woocommerce_currency() { return 'USD'; }
	function get_current_user_id() { return World::$user; }
	function taxonomy_exists() { return false; }
	function wp_generate_uuid4() { return '6f1c1e0e-4a53-4c2c-9f0e-0d1f5d1c7a10'; }
	function wp_cache_delete() {}
	function is_wp_error( $value ) { return $value instanceof WP_Error; }
	function wp_remote_post( $url, $request ) {
		World::$posted[] = array( 'url' => $url ) + $request;
		$answer          = array_shift( World::$answers ) ?? 200;
		if ( World::$meanwhile ) {
			call_user_func( World::$meanwhile );
		}
		return 0 === $answer ? new WP_Error() : $answer;
	}
	function wp_remote_retrieve_response_code( $answer ) { return is_array( $answer ) ? $answer[0] : $answer; }
	function wp_remote_retrieve_header( $answer, $name ) { return is_array( $answer ) ? $answer[1] : ''; }
	function as_schedule_single_action( $at, $hook ) {
		World::$actions = array_merge( World::$actions, World::$as ? array( array( $at, $hook ) ) : array() );
		return World::$as ? 7 : 0;
	}
	function as_unschedule_all_actions( $hook ) {
		World::$actions = array_values( array_filter( World::$actions, static function ( $action ) use ( $hook ) {
			return $action[1] !== $hook;
		} ) );
	}
	function as_has_scheduled_action() { return true; }
	function as_schedule_recurring_action() {}
	if ( ! function_exists( 'mb_substr' ) ) {
		function mb_substr( $text, $start, $length ) { return substr( $text, $start, $length ); }
	}

	// The real boot file defines constants and the autoloader; its hooks go into the world's.
	function register_activation_hook() {}
	function register_deactivation_hook() {}
	require PLUGIN . '/comeback.php';
}
