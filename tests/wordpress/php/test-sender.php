<?php

use Comeback\Carts;
use Comeback\Connection;
use Comeback\Sender;
use Comeback\Signature;

// A cart that is due, and Comeback's answers.
function a_due_cart( array $answers ): void {
	an_agreed_cart();
	World::$now    += 60;
	World::$answers = $answers;
}

function flush_when_due(): void {
	World::$now = max( World::$now, Carts::waiting()['at'] );
	Sender::flush();
}

function sent(): array {
	return array_map( static function ( $post ) {
		return json_decode( $post['body'], true );
	}, World::$posted );
}

function test_a_snapshot_has_the_shape_of_the_contract() {
	World::connected();
	World::$wc->cart->add( 16, 2, array( 'variation_id' => 17, 'variation' => array( 'attribute_size' => 'S' ), 'engraving' => 'ANN' ) );
	shopper_types_a_phone();
	shopper_sets_the_box( true );
	World::$now += 60;
	Sender::flush();
	$post = World::$posted[0];
	$body = sent()[0];
	same( 'https://comeback.example/webhooks/woocommerce/3EihuucfsnGi', $post['url'] );
	same( 0, $post['redirection'] );
	same( 10, $post['timeout'] );
	same( array( 'protocol', 'plugin', 'store', 'cart', 'shopper', 'consent' ), array_keys( $body ) );
	same( array( 'id', 'revision', 'created_at', 'updated_at', 'currency', 'total', 'coupons', 'locale', 'lines', 'restore_url' ), array_keys( $body['cart'] ) );
	$line = array( 'product_id' => 16, 'variation_id' => 17, 'quantity' => 2, 'name' => 'T-Shirt', 'variant' => 'S', 'sku' => 'TS-S', 'price' => '12.00' );
	same( $line, $body['cart']['lines'][0] );
	same( '24.00', $body['cart']['total'] );
	yes( 1 === preg_match( '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/D', $body['cart']['updated_at'] ) );
	$fields = array( 'customer_id', 'phone', 'email', 'first_name', 'last_name', 'country', 'state', 'city', 'postcode' );
	same( $fields, array_keys( $body['shopper'] ) );
	same( array( 'at', 'version', 'locale', 'text', 'form', 'page', 'ip', 'user_agent' ), array_keys( $body['consent'] ) );
	$headers = $post['headers'];
	$signed  = Signature::of( str_repeat( 's', 43 ), 'cart.updated', $headers['X-Comeback-Delivery'], (int) $headers['X-Comeback-Timestamp'], $post['body'] );
	same( $signed, $headers['X-Comeback-Signature'] );
}

function test_a_taken_snapshot_is_done() {
	a_due_cart( array( 202 ) );
	Sender::flush();
	Sender::flush();
	same( 1, count( World::$posted ) );
	same( array( 0, 1 ), array( World::row()['next_at'], World::row()['sent_revision'] ) );
	same( 0, Sender::waiting() );
}

function test_no_answer_is_tried_again_with_the_same_id_and_a_new_time_until_all_tries_are_used() {
	a_due_cart( array_fill( 0, 20, 0 ) );
	$waits = array();
	while ( World::row()['next_at'] > 0 ) {
		flush_when_due();
		$waits[] = World::row()['next_at'] ? ( World::row()['next_at'] - World::$now ) / 60 : null;
	}
	same( array( 1, 5, 15, 60, 180, 360, 720, null ), $waits );
	$headers = array_column( World::$posted, 'headers' );
	same( 1, count( array_unique( array_column( $headers, 'X-Comeback-Delivery' ) ) ) );
	same( 8, count( array_unique( array_column( $headers, 'X-Comeback-Timestamp' ) ) ) );
	same( 'unreachable', Connection::trouble() );
	same( 0, World::row()['sent_revision'] );
}

function test_a_newer_snapshot_replaces_one_that_waits() {
	a_due_cart( array( 503, 200 ) );
	Sender::flush();
	World::$wc->cart->add( 12 );
	shopper_changes_the_cart();
	flush_when_due();
	same( array( 1, 2 ), array_column( array_column( sent(), 'cart' ), 'revision' ) );
	same( 0, Sender::waiting() );
}

function test_other_4xx_is_given_up_and_said_in_the_log_without_the_shopper() {
	a_due_cart( array( 422 ) );
	Sender::flush();
	same( 0, World::row()['next_at'] );
	same( 'error', World::$log[0][0] );
	foreach ( array( '555', 'ann@', 'sss', World::row()['cart_id'] ) as $private ) {
		same( false, strpos( json_encode( World::$log ), $private ) );
	}
	same( '', Connection::trouble() );
}

function test_an_unknown_shop_stops_everything_until_it_is_connected_anew() {
	foreach ( array( 404, 410 ) as $status ) {
		World::begin();
		a_due_cart( array( $status ) );
		Sender::flush();
		same( 'unknown_shop', Connection::trouble() );
		no( Connection::active() );
		World::$now += 3600;
		Sender::flush();
		same( 1, count( World::$posted ) );
		World::connected();
		flush_when_due();
		same( 2, count( World::$posted ) );
		same( 0, Sender::waiting() );
		same( '', Connection::trouble() );
	}
}

function test_a_refusal_sets_the_clock_by_the_answers_date() {
	$late = 900;
	a_due_cart( array( array( 401, gmdate( 'D, d M Y H:i:s', 1795542060 + $late ) . ' GMT' ), 200 ) );
	Sender::flush();
	same( '', Connection::trouble() );
	flush_when_due();
	same( World::$now + $late, (int) World::$posted[1]['headers']['X-Comeback-Timestamp'] );
	same( 0, Sender::waiting() );
}

function test_refusals_that_stay_are_told_to_the_merchant_and_a_success_ends_it() {
	a_due_cart( array( 401, 401, 401, 200 ) );
	flush_when_due();
	flush_when_due();
	same( '', Connection::trouble() );
	flush_when_due();
	same( 'refused', Connection::trouble() );
	flush_when_due();
	same( '', Connection::trouble() );
}

function test_a_comeback_that_is_down_is_not_asked_for_every_cart() {
	World::connected();
	for ( $i = 0; $i < 6; $i++ ) {
		Carts::add( (string) $i, array( 'phone' => '1' ), array( 'currency' => '', 'total' => '', 'coupons' => array(), 'locale' => '', 'lines' => array() ), array() );
	}
	World::$now    += 60;
	World::$answers = array_fill( 0, 9, 0 );
	Sender::flush();
	same( 2, count( World::$posted ) );
	same( 6, Sender::waiting() );
}

function test_a_removed_cart_is_told_without_its_shopper() {
	an_agreed_cart();
	shopper_sets_the_box( false );
	flush_when_due();
	$body = sent()[0];
	same( array( 'protocol', 'plugin', 'store', 'cart', 'reason' ), array_keys( $body ) );
	same( array( 'id', 'revision', 'updated_at' ), array_keys( $body['cart'] ) );
	same( 'unticked', $body['reason'] );
	same( 'cart.removed', World::$posted[0]['headers']['X-Comeback-Topic'] );
}

function test_a_moved_store_sends_nothing_and_queues_nothing() {
	a_due_cart( array() );
	World::$options['home'] = 'https://staging.example';
	Sender::enqueue( 'shopper.erased', array( 'at' => '2026-11-24T17:00:00Z' ) );
	Sender::flush();
	same( array(), World::$posted );
}

function test_a_goodbye_is_sent_with_the_secret_of_the_connection_that_it_ends() {
	World::connected();
	Sender::enqueue( 'store.disconnected', array( 'at' => '2026-11-24T17:00:00Z' ) );
	Connection::forget();
	World::$answers = array( 500, 200 );
	Sender::flush();
	same( 1, Sender::waiting() );
	World::$now += 60;
	Sender::flush();
	same( 0, Sender::waiting() );
	same( 2, count( World::$posted ) );
	same( World::$posted[0]['body'], World::$posted[1]['body'] );
	same( array( 'protocol', 'plugin', 'store', 'at' ), array_keys( sent()[1] ) );
	same( '', (string) Connection::trouble() );
}

function test_what_waits_is_scheduled_again_and_an_empty_store_schedules_nothing() {
	a_due_cart( array( 500, 200 ) );
	World::$actions = array();
	Sender::flush();
	same( array( array( World::$now + 60, 'comeback_flush' ) ), World::$actions );
	World::$actions = array();
	flush_when_due();
	same( array(), World::$actions );
}

function test_a_cart_that_can_not_be_told_does_not_hold_up_the_others() {
	World::connected();
	Carts::add( 'broken', array( 'phone' => '1' ), array(), array() );
	World::$wc->cart->add( 11 );
	shopper_types_a_phone();
	shopper_sets_the_box( true );
	World::$now += 60;
	Sender::flush();
	same( 1, count( World::$posted ) );
	same( 1, count( World::$log ) );
	same( 1, World::row()['tries'] );
}

function test_a_message_that_comes_while_another_is_on_its_way_is_not_lost() {
	World::connected();
	Sender::enqueue( 'shopper.erased', array( 'at' => 'first' ) );
	World::$remembered = World::$options; // What the background job found at its beginning.
	World::$meanwhile  = static function () {
		World::$meanwhile = null;

		$message = World::$options['comeback_outbox'][0];
		World::$options['comeback_outbox'][] = array( 'delivery' => 'another', 'body' => '{"at":"second"}' ) + $message;
	};
	Sender::flush();
	World::$remembered = array();
	Sender::flush();
	same( array( 'first', 'second' ), array_column( sent(), 'at' ) );
	same( 0, Sender::waiting() );
}

function test_a_request_that_began_before_a_flush_sees_that_it_must_schedule_another() {
	World::connected();
	World::$remembered = World::$options;
	World::$now       += 30;
	World::$options['comeback_flush_at'] = 0; // The flush has begun, elsewhere.
	World::$actions = array();
	Sender::soon();
	same( 1, count( World::$actions ) );
}

function test_nothing_counts_as_scheduled_that_action_scheduler_did_not_take() {
	World::connected();
	Sender::flush();
	World::$as      = false;
	World::$actions = array();
	Sender::soon();
	World::$as = true;
	Sender::soon();
	same( 1, count( World::$actions ) );
}

function test_a_comeback_that_is_down_leaves_the_store_s_background_jobs_a_minute() {
	World::connected();
	for ( $i = 0; $i < 6; $i++ ) {
		Carts::add( (string) $i, array( 'phone' => '1' ), array( 'currency' => '', 'total' => '', 'coupons' => array(), 'locale' => '', 'lines' => array() ), array() );
	}
	World::$now    += 60;
	World::$answers = array_fill( 0, 9, 0 );
	World::$actions = array();
	Sender::flush();
	same( array( array( World::$now + 60, 'comeback_flush' ) ), World::$actions );
}

function test_a_copy_of_the_store_does_not_send_the_messages_that_came_with_the_database() {
	World::connected();
	Sender::enqueue( 'shopper.erased', array( 'at' => '2026-11-24T17:00:00Z' ) );
	World::$options['home'] = 'https://staging.example';
	Sender::flush();
	same( array(), World::$posted );
	same( 0, Sender::waiting() );
}

function test_a_copy_that_is_connected_by_itself_does_not_send_the_carts_of_the_store() {
	an_agreed_cart();
	World::$options['home'] = 'https://staging.example';
	World::connected();
	World::$now += 60;
	Sender::flush();
	same( array(), World::$posted );
	World::begin();
	an_agreed_cart();
	World::connected(); // Connected anew under the same address.
	World::$now += 60;
	Sender::flush();
	same( 1, count( World::$posted ) );
}

function test_a_link_ends_by_the_clock_that_checks_it() {
	a_due_cart( array( array( 401, 'Fri, 01 Jan 2099 00:00:00 GMT' ), 200 ) );
	Sender::flush();
	flush_when_due();
	same( World::$now + 14 * 86400, (int) explode( '.', sent()[1]['cart']['restore_url'] )[2] );
}

function test_a_plugin_that_is_switched_off_leaves_no_jobs_and_goes_on_when_it_is_back() {
	a_due_cart( array( 200 ) );
	Comeback\deactivate();
	same( array(), World::$actions );
	Comeback\activate();
	same( 1, count( World::$actions ) );
	flush_when_due();
	same( 0, Sender::waiting() );
}
