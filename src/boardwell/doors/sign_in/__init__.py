"""Who is it: sign-in, passkeys and second factors, sessions, for members and contacts alike."""
