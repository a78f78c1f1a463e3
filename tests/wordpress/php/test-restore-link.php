<?php

use Comeback\Restore_Link;

const LINK_KEY  = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const LINK_HOME = 'https://shop.example';
const LINK_CART = '0b6f5f6c9d1e4d5c8f1c2a7e93b1d044';
const LINK_NOW  = 1795542250;

function checked( string $token, string $home = LINK_HOME, int $now = LINK_NOW, string $key = LINK_KEY ): array {
	return Restore_Link::check( $key, $home, $token, $now );
}

function test_a_link_is_good_for_14_days_and_not_a_second_longer() {
	$token = Restore_Link::mint( LINK_KEY, LINK_HOME, LINK_CART, LINK_NOW );
	$days  = LINK_NOW + 14 * 86400;
	same( LINK_CART . '.' . $days . '.', substr( $token, 0, 44 ) );
	same( array( 'cart_id' => LINK_CART, 'refused' => '' ), checked( $token ) );
	same( '', checked( $token, LINK_HOME, $days - 1 )['refused'] );
	same( array( 'cart_id' => '', 'refused' => 'expired' ), checked( $token, LINK_HOME, $days ) );
}

function test_a_link_of_another_store_or_another_key_is_refused() {
	$token = Restore_Link::mint( LINK_KEY, LINK_HOME, LINK_CART, LINK_NOW );
	same( 'forged', checked( $token, 'https://staging.shop.example' )['refused'] );
	same( 'forged', checked( $token, LINK_HOME, LINK_NOW, strrev( LINK_KEY ) )['refused'] );
	same( 'forged', checked( $token, LINK_HOME, LINK_NOW, '' )['refused'] );
}

function test_no_character_of_a_link_can_be_changed() {
	$token = Restore_Link::mint( LINK_KEY, LINK_HOME, LINK_CART, LINK_NOW );
	for ( $place = 0; $place < strlen( $token ); $place++ ) {
		$forged           = $token;
		$forged[ $place ] = '1' === $token[ $place ] ? '2' : '1';
		same( 'forged', checked( $forged )['refused'], "place $place" );
	}
}

function test_what_is_no_link_is_refused_without_a_notice() {
	$token = Restore_Link::mint( LINK_KEY, LINK_HOME, LINK_CART, LINK_NOW );
	$odd   = array( '', '.', '..', $token . "\n", ' ' . $token, strtoupper( $token ), $token . '0', substr( $token, 0, -1 ), str_repeat( 'a', 100000 ), "\0", LINK_CART . '..' . str_repeat( '0', 32 ) );
	foreach ( $odd as $text ) {
		same( array( 'cart_id' => '', 'refused' => 'forged' ), checked( $text ) );
	}
}

function test_an_expiry_can_be_written_in_one_way_only() {
	$mac = substr( hash_hmac( 'sha256', "restore/1\n" . LINK_HOME . "\n" . LINK_CART . "\n0" . ( LINK_NOW + 9 ), LINK_KEY ), 0, 32 );
	same( 'forged', checked( LINK_CART . '.0' . ( LINK_NOW + 9 ) . '.' . $mac )['refused'] );
}
