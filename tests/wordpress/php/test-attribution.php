<?php

use Comeback\Attribution;
use Comeback\Carts;

if ( ! class_exists( 'WC_Order' ) ) {
	class WC_Order {
		public static $all = array();
		public $meta       = array();
		public $status     = 'pending';
		private $id;
		public function __construct( int $id ) { $this->id = $id; self::$all[ $id ] = $this; }
		public function get_id() { return $this->id; }
		public function get_meta( $key ) { return $this->meta[ $key ] ?? ''; }
		public function update_meta_data( $key, $value ) { $this->meta[ $key ] = $value; }
		public function has_status( $statuses ) { return in_array( $this->status, $statuses, true ); }
	}
	function wc_get_order( $id ) { return WC_Order::$all[ $id ] ?? false; }
}

const RESTORED = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';

function an_order_by_block( int $id, array $meta = array() ): WC_Order {
	$order       = new WC_Order( $id );
	$order->meta = $meta;
	Attribution::mark_and_remember( $order );
	return $order;
}

function test_an_order_after_a_link_bears_the_recovery_and_the_restored_cart() {
	Attribution::came_by( RESTORED, 'rec_8f2a' );
	same( array( '_comeback_recovery_id' => 'rec_8f2a', '_comeback_cart' => RESTORED ), an_order_by_block( 1 )->meta );
}

function test_a_cart_of_the_visitor_s_own_stays_on_the_order() {
	Attribution::came_by( RESTORED, 'rec_8f2a' );
	same( array( '_comeback_cart' => 'own', '_comeback_recovery_id' => 'rec_8f2a' ), an_order_by_block( 1, array( '_comeback_cart' => 'own' ) )->meta );
}

function test_a_link_without_a_recovery_leaves_none() {
	Attribution::came_by( RESTORED, '' );
	same( array( '_comeback_cart' => RESTORED ), an_order_by_block( 1 )->meta );
}

function test_an_order_without_a_link_bears_nothing() {
	same( array(), an_order_by_block( 1 )->meta );
}

function test_a_link_counts_for_seven_days() {
	Attribution::came_by( RESTORED, 'rec_8f2a' );
	World::$now += 7 * 86400 - 1;
	same( 2, count( an_order_by_block( 1 )->meta ) );
	World::$now += 1;
	same( array(), an_order_by_block( 2 )->meta );
}

function test_one_visit_counts_for_one_purchase_but_for_all_its_tries() {
	Attribution::came_by( RESTORED, 'rec_8f2a' );
	an_order_by_block( 1 )->status = 'failed';
	$second = an_order_by_block( 2 );
	same( 2, count( $second->meta ) );
	$second->status = 'on-hold';
	same( array(), an_order_by_block( 3 )->meta );
}

function test_the_shopper_of_a_restored_cart_goes_on_with_it_on_another_device_and_nobody_else_does() {
	$cart = Carts::add( 'other session', array( 'phone' => '(212) 555-0142', 'email' => '' ), array(), array() );
	Attribution::came_by( $cart, '' );
	same( $cart, Attribution::restored_cart( '+12125550142' ) );
	same( '', Attribution::restored_cart( '+12125550143' ) );
	Carts::mark( $cart, Carts::ORDERED );
	same( '', Attribution::restored_cart( '+12125550142' ) );
}

function test_one_phone_is_known_with_and_without_its_country() {
	$same = array( array( '(212) 555-0142', '+1 212-555-0142' ), array( '07400 123456', '+447400123456' ), array( '0033 6 12 34 56 78', '06 12 34 56 78' ) );
	foreach ( $same as $pair ) {
		yes( Attribution::same_phone( $pair[0], $pair[1] ), implode( ' / ', $pair ) );
	}
	$others = array( array( '(212) 555-0142', '(212) 555-0143' ), array( '555-0142', '(212) 555-0142' ), array( '', '' ), array( '0', '(212) 555-0142' ) );
	foreach ( $others as $pair ) {
		no( Attribution::same_phone( $pair[0], $pair[1] ), implode( ' / ', $pair ) );
	}
}

function test_a_renewal_does_not_inherit_the_marks_of_the_first_order() {
	$marks = array( '_comeback_cart' => RESTORED, '_comeback_recovery_id' => 'rec', '_comeback_consent' => '{}', '_wc_other/comeback/sms-consent' => '1' );
	same( array( '_billing_phone' => '1' ), Attribution::keep_off_renewals( $marks + array( '_billing_phone' => '1' ) ) );
}
