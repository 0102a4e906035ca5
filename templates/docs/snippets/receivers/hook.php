<?php
$body = file_get_contents('php://input');
$timestamp = $_SERVER['HTTP_X_TIMESTAMP'] ?? '';
$signature = $_SERVER['HTTP_X_SIGNATURE'] ?? '';

// Looked at first: with "timestamp:body" the colon could be moved, same signature, other body.
$fresh = preg_match('/^[0-9]{10}$/D', $timestamp) && abs(time() - (int) $timestamp) <= 300;
$expected = hash_hmac('sha256', "$timestamp:$body", getenv('WEBHOOK_SECRET'));
if (!$fresh || !hash_equals($expected, $signature)) {
    http_response_code(401);
    exit;
}
keep_once(json_decode($body, true, 512, JSON_THROW_ON_ERROR));
http_response_code(204);
