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
	 * Shared option: when the next flush is to run, Unix seconds; 0: none is scheduled.
	 */
	const FLUSH_AT = 'comeback_flush_at';

	/**
	 * Shared option: messages that are no carts. Each knows where it goes: the last one outlives its connection.
	 */
	const OUTBOX = 'comeback_outbox';

	/**
	 * Carts of one flush, seconds that it may take, seconds that Comeback has to answer.
	 */
	const BATCH   = 50;
	const SECONDS = 20;
	const TIMEOUT = 10;

	/**
	 * So many failures in a row end a flush: Comeback is down, and each try takes its time.
	 */
	const FAILURES = 2;

	/**
	 * Seconds before the next flush then: the store's other background jobs want to run too.
	 */
	const PAUSE = 60;

	/**
	 * Something is to be sent. Costs one query while a flush is already scheduled.
	 */
	public static function soon(): void {
		self::schedule( time() + Carts::DELAY );
	}

	/**
	 * A connection begins: send what waits, and clean up every day.
	 */
	public static function start(): void {
		self::plan( 0 );
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
		$kept = Shared_Option::change(
			self::OUTBOX,
			static function ( $outbox ) use ( $message ) {
				return array_merge( array_filter( (array) $outbox ), array( $message ) );
			}
		);
		if ( ! $kept ) {
			Log::write( 'error', sprintf( 'A message (%s) could not be kept', $topic ) );
		}
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
	 * Forget all that is scheduled: without the plugin these jobs could only fail.
	 */
	public static function rest(): void {
		if ( function_exists( 'as_unschedule_all_actions' ) ) {
			as_unschedule_all_actions( self::FLUSH );
			as_unschedule_all_actions( self::DAILY );
		}
		delete_option( self::FLUSH_AT );
	}

	/**
	 * Forget all that is scheduled and all that waits: the plugin is being removed.
	 */
	public static function end(): void {
		self::rest();
		delete_option( self::OUTBOX );
	}

	/**
	 * The daily action: delete old carts, and see that nothing waits for a flush that died on its way.
	 */
	public static function daily(): void {
		Carts::delete_old( time() );
		if ( self::next_at() > 0 ) {
			self::soon();
		}
	}

	/**
	 * The action: send what is due.
	 */
	public static function flush(): void {
		self::plan( 0 ); // Before looking at what waits: whoever writes later finds nothing scheduled, and schedules.
		self::see_to_daily();
		$pause = 5;
		try {
			self::send_outbox();
			if ( Connection::active() && ! self::send_carts( Connection::current() ) ) {
				$pause = self::PAUSE;
			}
		} catch ( \Throwable $error ) {
			Log::error( 'Sending to Comeback stopped', $error );
		}
		$next = self::next_at();
		if ( $next > 0 ) {
			self::schedule( max( $next, time() + $pause ) );
		}
	}

	/**
	 * Send the carts that are due.
	 *
	 * @param array|null $connection Connection.
	 * @return bool False: Comeback seems to be down.
	 */
	private static function send_carts( ?array $connection ): bool {
		$started  = time();
		$failures = 0;
		foreach ( null === $connection ? array() : Carts::due( $started, self::BATCH ) as $row ) {
			if ( $failures >= self::FAILURES || time() - $started > self::SECONDS || ! Connection::active() ) {
				break;
			}
			if ( Carts::claim( $row, time() + 120 ) ) {
				$failures = self::send_cart( $row, $connection ) ? 0 : $failures + 1;
			}
		}
		return $failures < self::FAILURES;
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
			$body    = self::json( Snapshot::of( $row, time() ) );
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
			if ( ! Connection::same( $message['store'], Connection::address() ) ) {
				self::put_back( $message, null ); // It came with the database into a copy. The store itself sends it.
				continue;
			}
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
		Shared_Option::change(
			self::OUTBOX,
			static function ( $outbox ) use ( $message, $wait ) {
				$kept = array();
				foreach ( array_filter( (array) $outbox ) as $other ) {
					if ( $other['delivery'] !== $message['delivery'] ) {
						$kept[] = $other;
					} elseif ( null !== $wait ) {
						$kept[] = array( 'next_at' => time() + $wait ) + $message;
					}
				}
				return $kept;
			}
		);
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
			'store'        => Connection::address(),
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
		return array_filter( (array) Shared_Option::read( self::OUTBOX ) );
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
	 * Of a request that writes what is to be sent, and then reads the plan, and a flush that clears the plan, and then reads what is
	 * to be sent, at least one sees the other. So the plan is read from the database, not from what WordPress remembers.
	 *
	 * @param int $at Unix seconds.
	 */
	private static function schedule( int $at ): void {
		$planned = (int) Shared_Option::read( self::FLUSH_AT );
		if ( $planned > time() - 5 * MINUTE_IN_SECONDS && $planned <= $at ) {
			return;
		}
		self::plan( $at ); // First: the action may run before as_schedule_single_action() comes back.
		// Not "unique": that looks for a running flush too, which may have passed by what came now.
		if ( ! function_exists( 'as_schedule_single_action' ) || ! as_schedule_single_action( $at, self::FLUSH, array(), self::GROUP ) ) {
			self::plan( 0 ); // Action Scheduler isn't ready, or has failed: the next one who comes by tries again.
		}
	}

	/**
	 * Note when the next flush is to run.
	 *
	 * @param int $at Unix seconds; 0: none is scheduled.
	 */
	private static function plan( int $at ): void {
		Shared_Option::change(
			self::FLUSH_AT,
			static function () use ( $at ) {
				return $at;
			}
		);
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
