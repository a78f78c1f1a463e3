<?php
/**
 * The carts of shoppers who agreed.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * One table. A row is dirty, and waits to be sent, while `next_at` is not 0. Nobody is in it without a tick and a phone, and
 * the daily job deletes what is older than 30 days.
 *
 * A row as read: cart_id, session_hash, state, reason; the integers created_at, updated_at (Unix seconds), revision,
 * sent_revision, order_id, tries, next_at; and three arrays:
 * shopper (phone, email, first_name, last_name, customer_id, country, state, city, postcode),
 * contents (currency, total, locale, coupons, lines of product_id, variation_id, variation, quantity, data, name, price),
 * consent (at, version, locale, text, form, page, ip, user_agent).
 */
final class Carts {

	const OPEN    = 'open';
	const ORDERED = 'ordered';
	const REMOVED = 'removed';
	const ERASED  = 'erased';

	/**
	 * Days that a row is kept.
	 */
	const DAYS = 30;

	/**
	 * Seconds before a change is sent, so that a shopper who types makes one snapshot of many.
	 */
	const DELAY = 30;

	/**
	 * Option with the version of the table, and the version that this code needs.
	 */
	const SCHEMA_OPTION = 'comeback_schema';
	const SCHEMA        = 1;

	/**
	 * The table's name.
	 *
	 * @return string
	 */
	public static function table(): string {
		return $GLOBALS['wpdb']->prefix . 'comeback_carts';
	}

	/**
	 * Make the table, or bring it up to date.
	 */
	public static function create_table(): void {
		if ( self::SCHEMA === (int) get_option( self::SCHEMA_OPTION ) ) {
			return;
		}
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		$table   = self::table();
		$collate = $GLOBALS['wpdb']->get_charset_collate();
		dbDelta(
			"CREATE TABLE {$table} (
			cart_id char(32) NOT NULL,
			session_hash char(32) NOT NULL,
			email_hash char(32) NOT NULL,
			state varchar(8) NOT NULL,
			reason varchar(8) NOT NULL,
			created_at bigint(20) unsigned NOT NULL,
			updated_at bigint(20) unsigned NOT NULL,
			revision int(10) unsigned NOT NULL,
			sent_revision int(10) unsigned NOT NULL,
			order_id bigint(20) unsigned NOT NULL,
			tries smallint(5) unsigned NOT NULL,
			next_at bigint(20) unsigned NOT NULL,
			content_hash char(32) NOT NULL,
			shopper longtext NOT NULL,
			contents longtext NOT NULL,
			consent longtext NOT NULL,
			PRIMARY KEY  (cart_id),
			KEY session_hash (session_hash),
			KEY email_hash (email_hash),
			KEY next_at (next_at),
			KEY updated_at (updated_at)
			) {$collate};"
		);
		update_option( self::SCHEMA_OPTION, self::SCHEMA, false );
	}

	/**
	 * Delete the table with all that is in it.
	 */
	public static function drop_table(): void {
		global $wpdb;
		// phpcs:ignore WordPress.DB -- The table is the plugin's own.
		$wpdb->query( 'DROP TABLE IF EXISTS ' . self::table() );
		delete_option( self::SCHEMA_OPTION );
	}

	/**
	 * One cart.
	 *
	 * @param string $cart_id 32 hex digits; anything else finds nothing.
	 * @return array|null
	 */
	public static function find( string $cart_id ): ?array {
		if ( ! preg_match( '/^[0-9a-f]{32}$/D', $cart_id ) ) {
			return null;
		}
		return self::rows( 'cart_id = %s', array( $cart_id ) )[0] ?? null;
	}

	/**
	 * The open cart of a session, if no order was made of it: what the shopper chooses after that is another purchase.
	 *
	 * @param string $session_hash Visit::who() of that session.
	 * @return array|null
	 */
	public static function open_of( string $session_hash ): ?array {
		return self::rows( "session_hash = %s AND state = 'open' AND order_id = 0 ORDER BY updated_at DESC LIMIT 1", array( $session_hash ) )[0] ?? null;
	}

	/**
	 * All carts of a person, newest first, also those that were bought or removed (they hold no person any more).
	 *
	 * @param string $email        E-mail address in any case.
	 * @param string $session_hash Visit::hash() of their account, which may have typed another address; '' without one.
	 * @return array[]
	 */
	public static function by_email( string $email, string $session_hash = '' ): array {
		$hash = self::email_hash( $email );
		if ( '' === $hash ) {
			return array();
		}
		return self::rows( 'email_hash = %s OR session_hash = %s ORDER BY updated_at DESC', array( $hash, '' === $session_hash ? '-' : $session_hash ) );
	}

	/**
	 * Keep a new cart.
	 *
	 * @param string $session_hash Visit::who().
	 * @param array  $shopper      See the class.
	 * @param array  $contents     See the class.
	 * @param array  $consent      See the class.
	 * @param int    $order_id     Order it became, 0 while it is none.
	 * @return string Cart id.
	 */
	public static function add( string $session_hash, array $shopper, array $contents, array $consent, int $order_id = 0 ): string {
		global $wpdb;
		$now     = time();
		$cart_id = bin2hex( random_bytes( 16 ) );
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- The plugin's own table.
		$wpdb->insert(
			self::table(),
			array(
				'cart_id'       => $cart_id,
				'session_hash'  => $session_hash,
				'email_hash'    => self::email_hash( (string) $shopper['email'] ),
				'state'         => self::OPEN,
				'reason'        => '',
				'created_at'    => $now,
				'updated_at'    => $now,
				'revision'      => 1,
				'sent_revision' => 0,
				'order_id'      => $order_id,
				'tries'         => 0,
				'next_at'       => $now + self::DELAY,
				'content_hash'  => self::content_hash( $shopper, $contents, $consent ),
				'shopper'       => self::json( $shopper ),
				'contents'      => self::json( $contents ),
				'consent'       => self::json( $consent ),
			)
		);
		return $cart_id;
	}

	/**
	 * Keep a newer state of an open cart: it replaces one that still waits to be sent.
	 *
	 * @param string $cart_id      Cart.
	 * @param string $session_hash Visit::who(): it changes when a shopper logs in.
	 * @param array  $shopper      See the class.
	 * @param array  $contents     See the class.
	 * @param array  $consent      See the class.
	 * @param int    $order_id     Order it became, 0 to leave it as it is.
	 * @return bool False: there is no such open cart.
	 */
	public static function update( string $cart_id, string $session_hash, array $shopper, array $contents, array $consent, int $order_id = 0 ): bool {
		global $wpdb;
		$now = time();
		// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- The plugin's own table.
		return 0 < (int) $wpdb->query(
			$wpdb->prepare(
				'UPDATE ' . self::table() . ' SET session_hash = %s, email_hash = %s, updated_at = %d, revision = revision + 1, order_id = IF(%d > 0, %d, order_id),'
				. " tries = 0, next_at = %d, content_hash = %s, shopper = %s, contents = %s, consent = %s WHERE cart_id = %s AND state = 'open'",
				$session_hash,
				self::email_hash( (string) $shopper['email'] ),
				$now,
				$order_id,
				$order_id,
				$now + self::DELAY,
				self::content_hash( $shopper, $contents, $consent ),
				self::json( $shopper ),
				self::json( $contents ),
				self::json( $consent ),
				$cart_id
			)
		);
		// phpcs:enable
	}

	/**
	 * Note the order that an open cart became. Nothing is sent: the order speaks for itself.
	 *
	 * @param string $cart_id  Cart.
	 * @param int    $order_id Order.
	 */
	public static function placed( string $cart_id, int $order_id ): void {
		self::change( 'order_id = %d', array( $order_id ), $cart_id );
	}

	/**
	 * The shopper emptied the cart or took the tick away: forget phone and cart, and tell Comeback.
	 *
	 * @param string $cart_id Cart.
	 * @param string $reason  `emptied` or `unticked`.
	 */
	public static function remove( string $cart_id, string $reason ): void {
		$sql = "state = 'removed', reason = %s, shopper = '{}', contents = '{}', consent = '{}', content_hash = '', revision = revision + 1, tries = 0, updated_at = %d, next_at = %d";
		self::change( $sql, array( $reason, time(), time() ), $cart_id );
	}

	/**
	 * Put an open cart into a final state and forget its shopper. Comeback isn't told.
	 *
	 * @param string $cart_id Cart.
	 * @param string $state   `ordered` or `removed`; for `erased` see erase().
	 */
	public static function mark( string $cart_id, string $state ): void {
		self::change( "state = %s, shopper = '{}', consent = '{}', sent_revision = revision, next_at = 0, updated_at = %d", array( $state, time() ), $cart_id );
	}

	/**
	 * Forget everything about a cart but that it was erased: its restore links must lead nowhere.
	 *
	 * @param string $cart_id Cart.
	 */
	public static function erase( string $cart_id ): void {
		$sql = "state = 'erased', email_hash = '', session_hash = '', shopper = '{}', contents = '{}', consent = '{}', content_hash = '', sent_revision = revision, next_at = 0, updated_at = %d";
		self::change( $sql, array( time() ), $cart_id, false );
	}

	/**
	 * Send nothing of what waits. The next change of a cart is sent as ever.
	 */
	public static function hold(): void {
		global $wpdb;
		// phpcs:ignore WordPress.DB -- The plugin's own table.
		$wpdb->query( 'UPDATE ' . self::table() . ' SET next_at = 0, tries = 0 WHERE next_at > 0' );
	}

	/**
	 * Carts that are due.
	 *
	 * @param int $now   Unix seconds.
	 * @param int $limit At most so many.
	 * @return array[]
	 */
	public static function due( int $now, int $limit ): array {
		return self::rows( 'next_at > 0 AND next_at <= %d ORDER BY next_at LIMIT %d', array( $now, $limit ) );
	}

	/**
	 * Take a due cart: two jobs at once don't send it twice, and one that dies leaves it for later.
	 *
	 * @param array $row   Row as read.
	 * @param int   $until Unix seconds.
	 * @return bool Whether it is ours.
	 */
	public static function claim( array $row, int $until ): bool {
		return self::change( 'next_at = %d', array( $until ), $row['cart_id'], false, ' AND next_at = ' . (int) $row['next_at'] . ' AND revision = ' . (int) $row['revision'] );
	}

	/**
	 * A revision was taken by Comeback, or given up. One that came in the meantime stays due.
	 *
	 * @param array $row  Row as sent.
	 * @param bool  $sent Whether Comeback has it.
	 */
	public static function settled( array $row, bool $sent ): void {
		$set = $sent ? 'sent_revision = revision, ' : '';
		self::change( $set . 'tries = 0, next_at = 0', array(), $row['cart_id'], false, ' AND revision = ' . (int) $row['revision'] );
	}

	/**
	 * Try a revision again later.
	 *
	 * @param array $row Row as sent.
	 * @param int   $at  Unix seconds.
	 */
	public static function later( array $row, int $at ): void {
		self::change( 'tries = tries + 1, next_at = %d', array( $at ), $row['cart_id'], false, ' AND revision = ' . (int) $row['revision'] );
	}

	/**
	 * When the next cart is due, and how many wait.
	 *
	 * @return array{at: int, waiting: int} at: Unix seconds, 0 if none waits.
	 */
	public static function waiting(): array {
		global $wpdb;
		// phpcs:ignore WordPress.DB -- The plugin's own table.
		$row = $wpdb->get_row( 'SELECT MIN(next_at) AS at, COUNT(*) AS waiting FROM ' . self::table() . ' WHERE next_at > 0', ARRAY_A );
		return array(
			'at'      => (int) ( $row['at'] ?? 0 ),
			'waiting' => (int) ( $row['waiting'] ?? 0 ),
		);
	}

	/**
	 * Delete rows that nobody touched for 30 days.
	 *
	 * @param int $now Unix seconds.
	 */
	public static function delete_old( int $now ): void {
		global $wpdb;
		// phpcs:ignore WordPress.DB -- The plugin's own table.
		$wpdb->query( $wpdb->prepare( 'DELETE FROM ' . self::table() . ' WHERE updated_at < %d', $now - self::DAYS * DAY_IN_SECONDS ) );
	}

	/**
	 * Change one row.
	 *
	 * @param string $set       SQL after SET.
	 * @param array  $values    Values for its placeholders.
	 * @param string $cart_id   Cart.
	 * @param bool   $only_open Only if it is open.
	 * @param string $more      More SQL for WHERE, without placeholders.
	 * @return bool Whether a row was changed.
	 */
	private static function change( string $set, array $values, string $cart_id, bool $only_open = true, string $more = '' ): bool {
		global $wpdb;
		$values[] = $cart_id;
		$sql      = 'UPDATE ' . self::table() . " SET {$set} WHERE cart_id = %s" . ( $only_open ? " AND state = 'open'" : '' ) . $more;
		// phpcs:ignore WordPress.DB -- The plugin's own table; the SQL is made of constants of this class.
		return 0 < (int) $wpdb->query( $wpdb->prepare( $sql, $values ) );
	}

	/**
	 * Read rows.
	 *
	 * @param string $where  SQL after WHERE.
	 * @param array  $values Values for its placeholders.
	 * @return array[]
	 */
	private static function rows( string $where, array $values ): array {
		global $wpdb;
		// phpcs:ignore WordPress.DB -- The plugin's own table; the SQL is made of constants of this class.
		$rows = (array) $wpdb->get_results( $wpdb->prepare( 'SELECT * FROM ' . self::table() . ' WHERE ' . $where, $values ), ARRAY_A );
		return array_map( array( __CLASS__, 'read' ), $rows );
	}

	/**
	 * A row with its types.
	 *
	 * @param array $row As the database gives it: all text.
	 * @return array
	 */
	private static function read( array $row ): array {
		foreach ( array( 'created_at', 'updated_at', 'revision', 'sent_revision', 'order_id', 'tries', 'next_at' ) as $name ) {
			$row[ $name ] = (int) $row[ $name ];
		}
		foreach ( array( 'shopper', 'contents', 'consent' ) as $name ) {
			$row[ $name ] = (array) json_decode( (string) $row[ $name ], true );
		}
		return $row;
	}

	/**
	 * Fingerprint of what is kept: the same content is never written twice.
	 *
	 * @param array $shopper  See the class.
	 * @param array $contents See the class.
	 * @param array $consent  See the class.
	 * @return string 32 hex digits.
	 */
	public static function content_hash( array $shopper, array $contents, array $consent ): string {
		return md5( self::json( array( $shopper, $contents, $consent['at'] ?? '' ) ) );
	}

	/**
	 * What finds a person's carts: not the address itself, so that a bought cart keeps nobody's.
	 *
	 * @param string $email E-mail address.
	 * @return string 32 hex digits; '' without an address.
	 */
	private static function email_hash( string $email ): string {
		$email = strtolower( trim( $email ) );
		return '' === $email ? '' : substr( hash_hmac( 'sha256', $email, wp_salt() ), 0, 32 );
	}

	/**
	 * Text of an array.
	 *
	 * @param array $value Scalars and arrays.
	 * @return string
	 */
	private static function json( array $value ): string {
		return (string) wp_json_encode( $value );
	}
}
