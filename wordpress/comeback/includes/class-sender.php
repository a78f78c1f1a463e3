<?php
/**
 * Tells Comeback, in the background.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * One Action Scheduler action sends all that is due, carts and other messages, and schedules itself again while something
 * waits. A shopper's request schedules it at most once in half a minute for the whole store.
 */
final class Sender {

	const FLUSH = 'comeback_flush';
	const DAILY = 'comeback_daily';
	const GROUP = 'comeback';

	/**
	 * Option, autoloaded: when the next flush is to run, Unix seconds; 0: none is scheduled.
	 */
	const FLUSH_AT = 'comeback_flush_at';

	/**
	 * Option, not autoloaded: messages that are no carts. Each knows where it goes: the last one outlives its connection.
	 */
	const OUTBOX = 'comeback_outbox';

	/**
	 * Carts of one flush, seconds that it may take, seconds that Comeback has to answer.
	 */
	const BATCH   = 20;
	const SECONDS = 20;
	const TIMEOUT = 10;

	/**
	 * So many failures in a row end a flush: Comeback is down, and each try takes its time.
	 */
	const FAILURES = 2;

	/**
	 * Something is to be sent. Costs nothing while a flush is already scheduled.
	 */
	public static function soon(): void {
		self::schedule( time() + Carts::DELAY );
	}

	/**
	 * A connection begins: send what waits, and clean up every day.
	 */
	public static function start(): void {
		update_option( self::FLUSH_AT, 0, true );
		self::soon();
		self::see_to_daily();
	}

	/**
	 * Keep a message for Comeback: `shopper.erased` or `store.disconnected`. It is dropped when nobody is there to be told: without a
	 * connection, and in a copy of the store under another address, which must not speak for the store.
	 *
	 * @param string $topic Topic.
	 * @param array  $body  Body without protocol, plugin and store.
	 */
	public static function enqueue( string $topic, array $body ): void {
		$message = self::message( $topic, $body );
		if ( null === $message ) {
			return;
		}
		$outbox   = self::outbox();
		$outbox[] = $message;
		update_option( self::OUTBOX, $outbox, false );
		self::schedule( time() );
	}

	/**
	 * Send a message at once, for a plugin that is being removed. Never in a shopper's request.
	 *
	 * @param string $topic Topic.
	 * @param array  $body  Body without protocol, plugin and store.
	 * @return bool Whether Comeback has it.
	 */
	public static function send_now( string $topic, array $body ): bool {
		$message = self::message( $topic, $body );
		return null !== $message && Backoff::DONE === self::post( $message, $message['topic'], $message['delivery'], $message['body'] );
	}

	/**
	 * How many messages wait.
	 *
	 * @return int
	 */
	public static function waiting(): int {
		return Carts::waiting()['waiting'] + count( self::outbox() );
	}

	/**
	 * Forget all that is scheduled and all that waits: the plugin is being removed.
	 */
	public static function end(): void {
		if ( function_exists( 'as_unschedule_all_actions' ) ) {
			as_unschedule_all_actions( self::FLUSH );
			as_unschedule_all_actions( self::DAILY );
		}
		delete_option( self::FLUSH_AT );
		delete_option( self::OUTBOX );
	}

	/**
	 * The daily action: delete old carts.
	 */
	public static function daily(): void {
		Carts::delete_old( time() );
	}

	/**
	 * The action: send what is due.
	 */
	public static function flush(): void {
		update_option( self::FLUSH_AT, 0, true );
		self::see_to_daily();
		try {
			self::send_outbox();
			if ( Connection::active() ) {
				self::send_carts( Connection::current() );
			}
		} catch ( \Throwable $error ) {
			Log::error( 'Sending to Comeback stopped', $error );
		}
		$next = self::next_at();
		if ( $next > 0 ) {
			self::schedule( max( $next, time() + 5 ) );
		}
	}

	/**
	 * Send the carts that are due.
	 *
	 * @param array|null $connection Connection.
	 */
	private static function send_carts( ?array $connection ): void {
		$started  = time();
		$failures = 0;
		if ( null === $connection ) {
			return;
		}
		foreach ( Carts::due( $started, self::BATCH ) as $row ) {
			if ( $failures >= self::FAILURES || time() - $started > self::SECONDS || ! Connection::active() ) {
				return;
			}
			if ( Carts::claim( $row, time() + 120 ) ) {
				$failures = self::send_cart( $row, $connection ) ? 0 : $failures + 1;
			}
		}
	}

	/**
	 * Send one cart.
	 *
	 * @param array $row        See Carts.
	 * @param array $connection Connection.
	 * @return bool Whether Comeback answered in a way that lets the next one be tried at once.
	 */
	private static function send_cart( array $row, array $connection ): bool {
		$topic = Carts::REMOVED === $row['state'] ? 'cart.removed' : 'cart.updated';
		try {
			$body    = self::json( Snapshot::of( $row, Connection::clock() ) );
			$meaning = self::post( $connection, $topic, Signature::delivery( $topic, $row['cart_id'], $row['revision'] ), $body );
		} catch ( \Throwable $error ) {
			Log::error( 'A snapshot could not be made', $error ); // For example by a product of another plugin. The next cart may be well.
			$meaning = Backoff::AGAIN;
		}
		if ( Backoff::DONE === $meaning || Backoff::DROP === $meaning ) {
			Carts::settled( $row, Backoff::DONE === $meaning );
			return true;
		}
		if ( Backoff::GONE === $meaning ) {
			Carts::later( $row, time() );
			return false;
		}
		$wait = Backoff::wait( $row['tries'] + 1 );
		if ( null === $wait ) {
			Carts::settled( $row, false );
			self::gave_up( $topic, $meaning );
		} else {
			Carts::later( $row, time() + $wait );
		}
		return false;
	}

	/**
	 * Send the other messages that are due.
	 */
	private static function send_outbox(): void {
		foreach ( self::outbox() as $message ) {
			if ( $message['next_at'] > time() ) {
				continue;
			}
			$meaning = self::post( $message, $message['topic'], $message['delivery'], $message['body'] );
			$wait    = null;
			if ( Backoff::AGAIN === $meaning || Backoff::REFUSED === $meaning ) {
				$wait = Backoff::wait( ++$message['tries'] );
				if ( null === $wait ) {
					self::gave_up( $message['topic'], $meaning );
				}
			}
			self::put_back( $message, $wait );
		}
	}

	/**
	 * Take a message out of the outbox, or keep it for later.
	 *
	 * @param array    $message Message.
	 * @param int|null $wait    Seconds; null: done with.
	 */
	private static function put_back( array $message, ?int $wait ): void {
		$outbox = array();
		foreach ( self::outbox() as $other ) {
			if ( $other['delivery'] !== $message['delivery'] ) {
				$outbox[] = $other;
			} elseif ( null !== $wait ) {
				$message['next_at'] = time() + $wait;
				$outbox[]           = $message;
			}
		}
		update_option( self::OUTBOX, $outbox, false );
	}

	/**
	 * Post a delivery, signed now.
	 *
	 * @param array  $to       comeback_url, shop_key, secret.
	 * @param string $topic    Topic.
	 * @param string $delivery Its UUID.
	 * @param string $body     Raw body.
	 * @return string Word of Backoff.
	 */
	private static function post( array $to, string $topic, string $delivery, string $body ): string {
		$timestamp = Connection::clock();
		$answer    = wp_remote_post(
			$to['comeback_url'] . '/webhooks/woocommerce/' . rawurlencode( $to['shop_key'] ),
			array(
				'timeout'     => self::TIMEOUT,
				'redirection' => 0,
				'body'        => $body,
				'headers'     => array(
					'Content-Type'         => 'application/json',
					'X-Comeback-Topic'     => $topic,
					'X-Comeback-Delivery'  => $delivery,
					'X-Comeback-Timestamp' => (string) $timestamp,
					'X-Comeback-Signature' => Signature::of( $to['secret'], $topic, $delivery, $timestamp, $body ),
				),
			)
		);
		$status    = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
		$meaning   = Backoff::meaning( $status );
		if ( ( Connection::current()['shop_key'] ?? '' ) === $to['shop_key'] ) {
			self::note( $meaning, is_wp_error( $answer ) ? '' : (string) wp_remote_retrieve_header( $answer, 'date' ) );
		}
		self::log( $meaning, $topic, $status );
		return $meaning;
	}

	/**
	 * Note what an answer means for the connection.
	 *
	 * @param string $meaning Word of Backoff.
	 * @param string $date    Header `Date` of the answer.
	 */
	private static function note( string $meaning, string $date ): void {
		if ( Backoff::DONE === $meaning ) {
			Connection::tell( '' );
		} elseif ( Backoff::REFUSED === $meaning ) {
			Connection::refused( Backoff::correction( $date, time() ) );
		} elseif ( Backoff::GONE === $meaning ) {
			Connection::stop();
		}
	}

	/**
	 * Log an answer that is no success.
	 *
	 * @param string $meaning Word of Backoff.
	 * @param string $topic   Topic.
	 * @param int    $status  HTTP status, 0 for no answer.
	 */
	private static function log( string $meaning, string $topic, int $status ): void {
		if ( Backoff::DONE === $meaning ) {
			return;
		}
		$words = array(
			Backoff::REFUSED => 'Comeback refused the signature of a delivery (%1$s, %2$d); it is tried again',
			Backoff::GONE    => 'Comeback does not know this store any more (%1$s, %2$d); nothing is sent until it is connected anew',
			Backoff::DROP    => 'Comeback can not use a delivery (%1$s, %2$d); it is given up',
			Backoff::AGAIN   => 'Comeback did not take a delivery (%1$s, %2$d); it is tried again',
		);
		Log::write( Backoff::DROP === $meaning ? 'error' : 'warning', sprintf( $words[ $meaning ], $topic, $status ) );
	}

	/**
	 * A delivery was tried often enough.
	 *
	 * @param string $topic   Topic.
	 * @param string $meaning Word of Backoff.
	 */
	private static function gave_up( string $topic, string $meaning ): void {
		Log::write( 'error', sprintf( 'A delivery (%s) was given up after its last try', $topic ) );
		if ( Backoff::AGAIN === $meaning ) {
			Connection::tell( 'unreachable' );
		}
	}

	/**
	 * A message with where it goes.
	 *
	 * @param string $topic Topic.
	 * @param array  $body  Body without protocol, plugin and store.
	 * @return array|null Null: nobody is to be told.
	 */
	private static function message( string $topic, array $body ): ?array {
		$connection = Connection::current();
		if ( null === $connection || Connection::moved() || 'unknown_shop' === Connection::trouble() ) {
			return null;
		}
		return array(
			'topic'        => $topic,
			'delivery'     => wp_generate_uuid4(),
			'body'         => self::json( array_merge( Snapshot::head(), $body ) ),
			'tries'        => 0,
			'next_at'      => time(),
			'comeback_url' => $connection['comeback_url'],
			'shop_key'     => $connection['shop_key'],
			'secret'       => $connection['secret'],
		);
	}

	/**
	 * Raw body.
	 *
	 * @param array $body Body.
	 * @return string JSON.
	 */
	private static function json( array $body ): string {
		return (string) wp_json_encode( $body, JSON_UNESCAPED_SLASHES );
	}

	/**
	 * Messages that are no carts.
	 *
	 * @return array[]
	 */
	private static function outbox(): array {
		return (array) get_option( self::OUTBOX, array() );
	}

	/**
	 * When something is due.
	 *
	 * @return int Unix seconds; 0: nothing waits.
	 */
	private static function next_at(): int {
		$times = array_column( self::outbox(), 'next_at' );
		if ( Connection::active() ) {
			$times[] = Carts::waiting()['at'];
		}
		$times = array_filter( $times );
		return $times ? (int) min( $times ) : 0;
	}

	/**
	 * Schedule a flush, unless one is scheduled that comes soon enough. One that is five minutes late is taken for lost.
	 *
	 * @param int $at Unix seconds.
	 */
	private static function schedule( int $at ): void {
		$planned = (int) get_option( self::FLUSH_AT, 0 );
		if ( $planned > time() - 5 * MINUTE_IN_SECONDS && $planned <= $at ) {
			return;
		}
		if ( function_exists( 'as_schedule_single_action' ) ) {
			// Not "unique": that looks for a running flush too, which may have passed by what came now.
			as_schedule_single_action( $at, self::FLUSH, array(), self::GROUP );
			update_option( self::FLUSH_AT, $at, true );
		}
	}

	/**
	 * See that the daily action is scheduled.
	 */
	private static function see_to_daily(): void {
		if ( function_exists( 'as_has_scheduled_action' ) && ! as_has_scheduled_action( self::DAILY, null, self::GROUP ) ) {
			as_schedule_recurring_action( time() + HOUR_IN_SECONDS, DAY_IN_SECONDS, self::DAILY, array(), self::GROUP );
		}
	}
}
