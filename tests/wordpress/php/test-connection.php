<?php

use Comeback\Connection;

function test_what_every_request_reads_holds_no_secret() {
	World::connected();
	same( array( 'store', 'wordings' ), array_keys( World::$options[ Connection::ACTIVE ] ) );
	same( false, strpos( serialize( World::$options[ Connection::ACTIVE ] ), str_repeat( 's', 43 ) ) );
}

function test_a_store_that_is_not_connected_asks_nobody() {
	Connection::prepare();
	no( Connection::active() );
	same( null, Connection::current() );
	same( null, Connection::wording() );
	same( '', Connection::trouble() );
}

function test_a_copy_under_another_address_is_moved_and_stands_still() {
	World::connected();
	World::$options['home'] = 'https://staging.shop.example';
	yes( Connection::moved() );
	no( Connection::active() );
	same( 'moved', Connection::trouble() );
}

function test_https_instead_of_http_is_not_another_store() {
	World::connected();
	World::$options['home'] = 'http://SHOP.example/';
	yes( Connection::active() );
	no( Connection::moved() );
}

function test_the_wording_is_that_of_the_locale_then_of_the_language_then_the_first() {
	$wordings = array( array( 'locale' => 'en' ), array( 'locale' => 'de' ), array( 'locale' => 'de-AT' ), array( 'locale' => 'pt_BR' ) );
	$wanted   = array( 'de_AT' => 'de-AT', 'de_DE_formal' => 'de', 'de_AT_x' => 'de-AT', 'pt_BR' => 'pt_BR', 'pt_PT' => 'en', 'fr_FR' => 'en', '' => 'en' );
	foreach ( $wanted as $locale => $expected ) {
		same( $expected, Connection::choose( $wordings, $locale )['locale'], $locale );
	}
	same( null, Connection::choose( array(), 'en_US' ) );
}

function test_a_forgotten_connection_is_gone_with_its_secret() {
	World::connected();
	Connection::forget();
	same( null, Connection::current() );
	no( Connection::active() );
	same( false, strpos( serialize( World::$options ), str_repeat( 's', 43 ) ) );
}
