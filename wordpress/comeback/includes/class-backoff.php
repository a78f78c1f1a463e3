<?php
/**
 * What follows from an answer of Comeback.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * The table of answers and the waits between tries. Pure.
 */
final class Backoff {

	const DONE    = 'done';
	const REFUSED = 'refused';
	const GONE    = 'gone';
	const DROP    = 'drop';
	const AGAIN   = 'again';

	/**
	 * Minutes before the second, third, ... try.
	 */
	const MINUTES = array( 1, 5, 15, 60, 180, 360, 720 );

	/**
	 * A clock that is off by more than this many seconds is corrected.
	 */
	const CLOCK_SLACK = 60;

	/**
	 * What an answer means for a delivery.
	 *
	 * @param int $status HTTP status; 0 for no answer.
	 * @return string One of the words above.
	 */
	public static function meaning( int $status ): string {
		if ( $status >= 200 && $status < 300 ) {
			return self::DONE;
		}
		if ( 401 === $status ) {
			return self::REFUSED;
		}
		if ( 404 === $status || 410 === $status ) {
			return self::GONE;
		}
		if ( $status >= 400 && $status < 500 && 429 !== $status ) {
			return self::DROP;
		}
		return self::AGAIN;
	}

	/**
	 * How long to wait.
	 *
	 * @param int $tries How often it was tried, the failed one included: 1 or more.
	 * @return int|null Seconds; null: give up.
	 */
	public static function wait( int $tries ): ?int {
		$minutes = self::MINUTES[ $tries - 1 ] ?? null;
		return null === $minutes ? null : $minutes * 60;
	}

	/**
	 * How far this machine's clock is off.
	 *
	 * @param string $date Header `Date` of an answer; '' if there was none.
	 * @param int    $now  Unix seconds of this machine at that answer.
	 * @return int Seconds to add to this machine's clock; 0 if it is right, or if nobody knows.
	 */
	public static function correction( string $date, int $now ): int {
		$theirs = '' === $date ? false : strtotime( $date );
		if ( false === $theirs || abs( $theirs - $now ) <= self::CLOCK_SLACK ) {
			return 0;
		}
		return $theirs - $now;
	}
}
