<?php

use Comeback\Carts;
use Comeback\Consent;
use Comeback\Visit;

// The block checkout as a shopper uses it.

function shopper_types_a_phone( string $phone = '(212) 555-0142' ): void {
	World::$wc->customer->fields = array(
		'billing_phone' => $phone, 'billing_email' => 'ann@example.com', 'shipping_first_name' => 'Ann', 'billing_country' => 'US',
	);
	do_action( 'woocommerce_store_api_cart_update_customer_from_request', World::$wc->customer, new Fake_Request( array() ) );
	World::shutdown();
}

function shopper_sets_the_box( bool $ticked ): void {
	do_action( 'woocommerce_store_api_checkout_update_draft', new Fake_Request( array( 'additional_fields' => array( Consent::FIELD => $ticked ) ) ) );
	World::shutdown();
}

function shopper_changes_the_cart(): void {
	do_action( 'woocommerce_cart_updated' );
	World::shutdown();
}

function an_agreed_cart(): void {
	World::connected();
	World::$wc->cart->add( 11 );
	shopper_types_a_phone();
	shopper_sets_the_box( true );
}

function classic_form( array $more = array() ): string {
	return http_build_query( $more + array( 'billing_phone' => '(212) 555-0143', 'billing_email' => "o'hara@example.com", 'comeback_sms_shown' => '1' ) );
}

function an_order( array $meta = array() ): Fake_Person {
	$order         = new Fake_Person();
	$order->id     = 25;
	$order->meta   = $meta;
	$order->fields = World::$wc->customer->fields;
	return $order;
}

function place_by_block( Fake_Person $order, bool $ticked = true ): void {
	$request = new Fake_Request( array( 'additional_fields' => array( Consent::FIELD => $ticked ) ), 'POST' );
	do_action( 'woocommerce_store_api_checkout_update_order_from_request', $order, $request );
}

function test_nothing_is_kept_of_a_shopper_who_did_not_agree() {
	World::connected();
	World::$wc->cart->add( 11 );
	shopper_types_a_phone();
	shopper_changes_the_cart();
	shopper_sets_the_box( false );
	same( array(), Carts::$rows );
	same( array( 0, 1 ), array( Carts::$writes, Carts::$reads ), 'an empty box is a reason to look for a cart that lost its session, nothing else is' );
	same( array(), Visit::kept() );
}

function test_a_tick_without_a_phone_keeps_nothing_but_the_tick_in_the_session() {
	World::connected();
	World::$wc->cart->add( 11 );
	shopper_sets_the_box( true );
	same( 0, Carts::$writes );
	same( 3, Visit::kept()['consent']['version'] );
}

function test_a_tick_with_a_phone_keeps_the_cart_with_the_words_agreed_to() {
	an_agreed_cart();
	same( 1, Carts::$writes );
	$row = World::row();
	same( '(212) 555-0142', $row['shopper']['phone'] );
	same( 'Ann', $row['shopper']['first_name'], 'from shipping, as billing has none' );
	same( 'I agree & "more"', $row['consent']['text'] );
	same( 'https://shop.example/checkout/', $row['consent']['page'], 'without the query' );
	same( 'block', $row['consent']['form'] );
	same( 11, $row['contents']['lines'][0]['product_id'] );
}

function test_the_proof_is_of_the_moment_of_the_tick_not_of_the_phone() {
	World::connected();
	World::$wc->cart->add( 11 );
	shopper_sets_the_box( true );
	$at = Visit::kept()['consent']['at'];

	World::$now += 300;
	shopper_types_a_phone();
	same( $at, World::row()['consent']['at'] );
}

function test_nothing_is_read_or_written_while_nothing_changes() {
	an_agreed_cart();
	Carts::$writes = Carts::$reads = 0;
	shopper_changes_the_cart();
	shopper_types_a_phone();
	shopper_sets_the_box( true );
	same( 0, Carts::$writes + Carts::$reads );
}

function test_a_changed_cart_is_one_write_and_no_read() {
	an_agreed_cart();
	Carts::$writes = Carts::$reads = 0;
	World::$wc->cart->add( 12 );
	shopper_changes_the_cart();
	same( array( 1, 0 ), array( Carts::$writes, Carts::$reads ) );
	same( 2, World::row()['revision'] );
	same( 1, count( Carts::$rows ) );
}

function test_many_hooks_in_one_request_make_one_write() {
	World::connected();
	World::$wc->cart->add( 11 );
	World::$wc->customer->fields = array( 'billing_phone' => '(212) 555-0142' );
	do_action( 'woocommerce_store_api_cart_update_customer_from_request', null, null );
	do_action( 'woocommerce_cart_updated' );
	do_action( 'woocommerce_store_api_checkout_update_draft', new Fake_Request( array( 'additional_fields' => array( Consent::FIELD => true ) ) ) );
	do_action( 'woocommerce_cart_updated' );
	World::shutdown();
	same( 1, Carts::$writes );
}

function test_taking_the_tick_away_forgets_phone_and_cart() {
	an_agreed_cart();
	shopper_sets_the_box( false );
	$row = World::row();
	same( array( 'removed', 'unticked', array(), array() ), array( $row['state'], $row['reason'], $row['shopper'], $row['contents'] ) );
	same( array(), Visit::kept() );
}

function test_ticking_again_is_another_cart_with_another_proof() {
	an_agreed_cart();
	shopper_sets_the_box( false );
	shopper_sets_the_box( true );
	same( array( 'removed', 'open' ), array_column( Carts::$rows, 'state' ) );
	same( 3, array_values( Carts::$rows )[1]['consent']['version'] );
}

function test_an_emptied_cart_is_removed_and_the_tick_stays() {
	an_agreed_cart();
	World::$wc->cart->items = array();
	do_action( 'woocommerce_cart_emptied' );
	World::shutdown();
	same( 'emptied', World::row()['reason'] );
	World::$wc->cart->add( 12 );
	shopper_changes_the_cart();
	same( 2, count( Carts::$rows ) );
}

function test_a_request_that_says_nothing_of_the_box_leaves_the_tick_alone() {
	an_agreed_cart();
	do_action( 'woocommerce_store_api_checkout_update_draft', new Fake_Request( array( 'payment_method' => 'cod' ) ) );
	World::shutdown();
	same( 'open', World::row()['state'] );
}

function test_a_session_copied_by_a_link_does_not_bring_the_tick_along() {
	an_agreed_cart();
	World::$wc->session->data['previous_customer_id'] = 't_one';
	World::$wc->session->id                           = 't_two';
	same( array(), Visit::kept() );
}

function test_a_copy_of_a_copied_session_does_not_bring_the_tick_along_either() {
	an_agreed_cart();
	World::$wc->session->data['previous_customer_id'] = 't_two';
	World::$wc->session->id                           = 't_three';
	same( array(), Visit::kept() );
	World::$user            = 42;
	World::$wc->session->id = '42';
	same( array(), Visit::kept(), 'logging in does not make it theirs' );
}

function test_a_shopper_who_logs_in_keeps_tick_and_cart() {
	an_agreed_cart();
	World::$user            = 42;
	World::$wc->session->id = '42';
	World::$wc->cart->add( 12 );
	shopper_changes_the_cart();
	same( 1, count( Carts::$rows ) );
	same( Visit::who(), World::row()['session_hash'] );
}

function test_a_session_that_lost_its_key_finds_its_cart_again() {
	an_agreed_cart();
	World::$wc->session->data = array();
	shopper_sets_the_box( true );
	same( 1, count( Carts::$rows ) );
}

function test_the_classic_form_is_kept_when_its_box_is_ticked() {
	World::connected();
	World::$wc->cart->add( 11 );
	do_action( 'woocommerce_checkout_update_order_review', classic_form() );
	World::shutdown();
	same( 0, Carts::$writes );
	do_action( 'woocommerce_checkout_update_order_review', classic_form( array( 'comeback_sms_consent' => '1' ) ) );
	World::shutdown();
	same( "o'hara@example.com", World::row()['shopper']['email'] );
	same( 'classic', World::row()['consent']['form'] );
	World::$wc->cart->add( 12 );
	shopper_changes_the_cart();
	same( '(212) 555-0143', World::row()['shopper']['phone'], 'WooCommerce has not kept it' );
	same( 2, World::row()['revision'] );
}

function test_a_classic_form_without_the_box_says_nothing_about_the_tick() {
	World::connected();
	World::$wc->cart->add( 11 );
	do_action( 'woocommerce_checkout_update_order_review', classic_form( array( 'comeback_sms_consent' => '1' ) ) );
	World::shutdown();
	do_action( 'woocommerce_checkout_update_order_review', 'billing_phone=1' );
	World::shutdown();
	same( 'open', World::row()['state'] );
}

function test_an_order_of_the_block_checkout_gets_its_marks_and_the_cart_its_order() {
	an_agreed_cart();
	$order = an_order();
	place_by_block( $order );
	World::shutdown();
	same( World::row()['cart_id'], $order->meta['_comeback_cart'] );
	same( 25, World::row()['order_id'] );
	$proof = json_decode( $order->meta['_comeback_consent'], true );
	same( array( 'at', 'version', 'locale', 'text', 'form', 'page' ), array_keys( $proof ) );
	same( 'open', World::row()['state'], 'it is not paid yet' );
}

function test_an_order_placed_without_the_tick_gets_no_marks_and_loses_a_tick_of_an_earlier_purchase() {
	World::connected();
	World::$wc->cart->add( 11 );
	$order = an_order( array( Consent::META => '1' ) );
	place_by_block( $order, false );
	World::shutdown();
	same( array( Consent::META => '0' ), $order->meta );
	same( array(), Carts::$rows );
}

function test_a_tick_that_is_first_seen_with_the_order_is_kept_too() {
	World::connected();
	World::$wc->cart->add( 11 );
	World::$wc->customer->fields = array( 'billing_phone' => '(212) 555-0142' );
	$order                       = an_order();
	place_by_block( $order );
	same( 25, World::row()['order_id'] );
	yes( isset( $order->meta['_comeback_cart'], $order->meta['_comeback_consent'] ) );
}

function test_a_classic_order_keeps_the_tick_under_the_name_of_the_block_checkout() {
	World::connected();
	World::$wc->cart->add( 11 );
	World::$wc->customer->fields = array( 'billing_phone' => '(212) 555-0142' );
	$order                       = an_order();
	parse_str( classic_form( array( 'comeback_sms_consent' => '1' ) ), $_POST );
	do_action( 'woocommerce_checkout_create_order', $order );
	do_action( 'woocommerce_checkout_order_created', $order );
	same( '1', $order->meta[ Consent::META ] );
	same( 25, World::row()['order_id'] );
	same( 'classic', json_decode( $order->meta['_comeback_consent'], true )['form'] );
}

function test_an_order_that_is_paid_or_will_be_ends_cart_and_tick() {
	foreach ( array( 'on-hold', 'processing', 'completed' ) as $status ) {
		World::begin();
		an_agreed_cart();
		$order = an_order();
		place_by_block( $order );
		do_action( 'woocommerce_order_status_changed', 25, 'pending', $status, $order );
		World::shutdown();
		same( 'ordered', World::row()['state'], $status );
		same( array(), Visit::kept() );
	}
}

function test_an_order_that_failed_leaves_its_cart_open() {
	an_agreed_cart();
	$order = an_order();
	place_by_block( $order );
	do_action( 'woocommerce_order_status_changed', 25, 'pending', 'failed', $order );
	World::shutdown();
	same( 'open', World::row()['state'] );
	World::$wc->cart->add( 12 );
	shopper_changes_the_cart();
	same( array( 25, 2 ), array( World::row()['order_id'], World::row()['revision'] ) );
}

function test_a_cart_emptied_by_its_order_is_not_thrown_away() {
	an_agreed_cart();
	place_by_block( an_order() );
	World::shutdown();
	World::$wc->cart->items = array();
	do_action( 'woocommerce_cart_emptied' );
	World::shutdown();
	same( 'open', World::row()['state'] );
	same( array(), Visit::kept(), 'the next purchase is asked anew' );
}

function test_a_cart_that_was_bought_elsewhere_or_erased_ends_the_tick() {
	an_agreed_cart();
	Carts::$rows[ World::row()['cart_id'] ]['state'] = 'erased';
	World::$wc->cart->add( 12 );
	shopper_changes_the_cart();
	same( 1, count( Carts::$rows ) );
	same( array(), Visit::kept() );
}

function test_an_error_inside_never_reaches_the_checkout_and_its_words_not_the_log() {
	an_agreed_cart();
	World::$wc->cart->items[] = array( 'quantity' => 1, 'product_id' => 1, 'data' => null );
	shopper_changes_the_cart();
	same( 1, count( World::$log ) );
	same( 'error', World::$log[0][0] );
	same( false, strpos( World::$log[0][1], '555' ) );
}

function test_no_request_of_a_shopper_posts_anything() {
	an_agreed_cart();
	place_by_block( an_order() );
	World::shutdown();
	same( array(), World::$posted );
}

function test_the_store_schedules_one_flush_for_many_changes() {
	World::connected();
	World::$actions = array();

	World::$now += 31; // The flush of the connection's beginning has run.
	Comeback\Sender::flush();
	World::$actions = array();
	World::$wc->cart->add( 11 );
	World::$wc->customer->fields = array( 'billing_phone' => '(212) 555-0142' );
	shopper_sets_the_box( true );
	shopper_types_a_phone( '(212) 555-0143' );
	shopper_types_a_phone( '(212) 555-0144' );
	same( array( array( World::$now + 30, 'comeback_flush' ) ), World::$actions );
}

function test_an_order_is_the_last_word_of_its_request() {
	an_agreed_cart();
	$order = an_order();

	$order->fields['billing_city'] = 'New York';
	place_by_block( $order );
	do_action( 'woocommerce_cart_updated' );
	World::shutdown();
	same( 'New York', World::row()['shopper']['city'] );
	same( 2, World::row()['revision'] );
}

function test_a_tick_taken_away_counts_when_another_request_made_the_session_forget_it() {
	an_agreed_cart();
	World::$wc->session->data = array();
	shopper_sets_the_box( false );
	same( array( 'removed', 'unticked' ), array( World::row()['state'], World::row()['reason'] ) );
}

function test_an_empty_box_of_a_later_visit_takes_nothing_away() {
	an_agreed_cart();
	World::$wc->session->data = array();
	World::$now              += 3600;
	shopper_sets_the_box( false );
	same( 'open', World::row()['state'] );
}

function test_what_is_chosen_after_an_order_that_waits_for_its_payment_is_another_cart() {
	an_agreed_cart();
	place_by_block( an_order() );
	World::shutdown();
	World::$wc->cart->items = array();
	shopper_changes_the_cart();
	World::$wc->cart->add( 12 );
	shopper_sets_the_box( true );
	same( array( 25, 0 ), array_column( Carts::$rows, 'order_id' ) );
}

function test_what_was_agreed_to_is_what_was_read_whatever_the_language_of_the_request() {
	World::connected();
	World::$wc->cart->add( 11 );
	Consent::remember( Comeback\Connection::wording( 'de_DE' ) );
	shopper_types_a_phone();
	shopper_sets_the_box( true );
	same( array( 2, 'de', 'Ja' ), array_values( array_intersect_key( World::row()['consent'], array_flip( array( 'locale', 'version', 'text' ) ) ) ) );
}

function test_a_store_without_wordings_keeps_nothing_even_of_a_page_that_still_had_the_box() {
	World::connected();
	Consent::remember( Comeback\Connection::wording() );
	World::$options['comeback_active']['wordings'] = array();
	World::$wc->cart->add( 11 );
	shopper_types_a_phone();
	shopper_sets_the_box( true );
	same( array(), Carts::$rows );
}

function test_a_phone_taken_away_is_forgotten_and_a_new_one_is_another_cart() {
	an_agreed_cart();
	shopper_types_a_phone( '' );
	same( array( 'removed', array() ), array( World::row()['state'], World::row()['shopper'] ) );
	shopper_types_a_phone( '(212) 555-0143' );
	same( array( 'removed', 'open' ), array_column( Carts::$rows, 'state' ) );
}

function test_a_classic_page_that_is_loaded_anew_without_the_phone_takes_nothing_away() {
	World::connected();
	World::$wc->cart->add( 11 );
	do_action( 'woocommerce_checkout_update_order_review', classic_form( array( 'comeback_sms_consent' => '1' ) ) );
	World::shutdown();
	do_action( 'woocommerce_checkout_update_order_review', classic_form( array( 'comeback_sms_consent' => '1', 'billing_phone' => '' ) ) );
	World::shutdown();
	same( 'open', World::row()['state'] );
}
