<?php
// Runs the PHP tests of the plugin in one process, on any PHP from 7.4:   php run.php <plugin folder> <folder with test-*.php>
// The first lines are about the syntax of the plugin's files. Prints one JSON object a line: {"test", "ok", "message"}. A test is a function whose name begins with test_; it fails by throwing.

error_reporting( E_ALL );
ini_set( 'display_errors', '1' );
set_error_handler(
	static function ( $level, $message, $file, $line ) {
		throw new ErrorException( $message, 0, $level, $file, $line ); // A notice or a deprecation is a failure.
	}
);

define( 'PLUGIN', $argv[1] ?? getenv( 'PLUGIN' ) );
define( 'TESTS', $argv[2] ?? getenv( 'TESTS' ) );

function report( string $test, string $message ): void {
	echo json_encode( array( 'test' => $test, 'ok' => '' === $message, 'message' => $message ) ), "\n";
}

foreach ( array_merge( glob( PLUGIN . '/*.php' ), glob( PLUGIN . '/includes/*.php' ) ) as $file ) {
	$message = '';
	try {
		token_get_all( file_get_contents( $file ), TOKEN_PARSE );
	} catch ( ParseError $error ) {
		$message = $error->getMessage() . ' on line ' . $error->getLine();
	}
	report( 'syntax of ' . basename( $file ), $message );
}

require TESTS . '/stubs.php';
require TESTS . '/assertions.php';
foreach ( glob( TESTS . '/test-*.php' ) as $file ) {
	require $file;
}

foreach ( get_defined_functions()['user'] as $name ) {
	if ( 0 !== strpos( $name, 'test_' ) ) {
		continue;
	}
	$message = '';
	try {
		World::begin();
		$name();
	} catch ( Throwable $error ) {
		$message = get_class( $error ) . ': ' . $error->getMessage() . ' at ' . basename( $error->getFile() ) . ':' . $error->getLine();
	}
	report( $name, $message );
}
