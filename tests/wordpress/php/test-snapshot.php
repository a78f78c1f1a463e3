<?php

use Comeback\Snapshot;

function test_item_data_is_kept_only_as_far_as_it_is_plain() {
	$kept = Snapshot::item_data( array( 'engraving' => 'ANN', 'size' => 3, 'options' => array( 'a' => array( true, null ) ), 'object' => new stdClass(), 'deep' => array( new stdClass() ) ) );
	same( array( 'engraving', 'size', 'options' ), array_keys( $kept ) );
	same( array(), Snapshot::item_data( array( 'long' => str_repeat( 'x', 9000 ) ) ) );
}

function test_what_can_be_a_phone() {
	foreach ( array( '(212) 555-0142', '+447400123456', '030 1234567' ) as $phone ) {
		yes( Snapshot::is_phone( $phone ), $phone );
	}
	foreach ( array( '', '12345', 'call me', str_repeat( '1', 21 ), '555-0142' . str_repeat( ' ', 40 ) ) as $phone ) {
		no( Snapshot::is_phone( $phone ), $phone );
	}
}

function test_item_data_that_json_can_not_hold_does_not_take_the_cart_with_it() {
	same( array(), Snapshot::item_data( array( 'ratio' => NAN ) ) );
}
