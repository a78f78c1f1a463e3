<?php

use Comeback\Backoff;
use Comeback\Signature;

function test_a_signature_covers_topic_delivery_time_and_body() {
	$one = Signature::of( 'secret', 'cart.updated', 'd', 1795542000, '{}' );
	same( 'v1=' . hash_hmac( 'sha256', "v1\ncart.updated\nd\n1795542000\n{}", 'secret' ), $one );
	$others = array(
		Signature::of( 'Secret', 'cart.updated', 'd', 1795542000, '{}' ),
		Signature::of( 'secret', 'cart.removed', 'd', 1795542000, '{}' ),
		Signature::of( 'secret', 'cart.updated', 'e', 1795542000, '{}' ),
		Signature::of( 'secret', 'cart.updated', 'd', 1795542001, '{}' ),
		Signature::of( 'secret', 'cart.updated', 'd', 1795542000, '{} ' ),
	);
	same( 5, count( array_diff( array_unique( $others ), array( $one ) ) ) );
}

function test_a_delivery_keeps_its_id_when_it_is_tried_again_and_another_revision_has_another() {
	$id   = Signature::delivery( 'cart.updated', str_repeat( 'a', 32 ), 3 );
	$uuid = '/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/D';
	yes( 1 === preg_match( $uuid, $id ), $id );
	same( $id, Signature::delivery( 'cart.updated', str_repeat( 'a', 32 ), 3 ) );
	yes( Signature::delivery( 'cart.updated', str_repeat( 'a', 32 ), 4 ) !== $id );
	yes( Signature::delivery( 'cart.removed', str_repeat( 'a', 32 ), 3 ) !== $id );
}

function test_each_answer_means_what_the_contract_says() {
	$table = array(
		200 => 'done', 202 => 'done', 299 => 'done', 401 => 'refused', 404 => 'gone', 410 => 'gone', 400 => 'drop', 403 => 'drop',
		413 => 'drop', 422 => 'drop', 429 => 'again', 500 => 'again', 503 => 'again', 0 => 'again', 301 => 'again',
	);
	foreach ( $table as $status => $meaning ) {
		same( $meaning, Backoff::meaning( $status ), (string) $status );
	}
}

function test_waits_grow_from_a_minute_to_twelve_hours_and_then_end() {
	$waits = array();
	for ( $tries = 1; null !== Backoff::wait( $tries ); $tries++ ) {
		$waits[] = Backoff::wait( $tries ) / 60;
	}
	same( array( 1, 5, 15, 60, 180, 360, 720 ), $waits );
}

function test_only_a_clock_that_is_off_by_more_than_a_minute_is_corrected() {
	$now = 1795542000;
	same( 0, Backoff::correction( gmdate( 'D, d M Y H:i:s', $now + 60 ) . ' GMT', $now ) );
	same( 61, Backoff::correction( gmdate( 'D, d M Y H:i:s', $now + 61 ) . ' GMT', $now ) );
	same( -3600, Backoff::correction( gmdate( 'D, d M Y H:i:s', $now - 3600 ) . ' GMT', $now ) );
	same( 0, Backoff::correction( '', $now ) );
	same( 0, Backoff::correction( 'yesterday-ish?', $now ) );
}
