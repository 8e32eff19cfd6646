/// Certificates for tests, valid from 2020 to 2099. The keys protect nothing.
///
/// Made with `openssl ca -startdate 20200101000000Z -enddate 20991231235959Z`, on P-256.
enum TestPEM {
  /// The authority that signed the certificates below.
  static let authority = """
    -----BEGIN CERTIFICATE-----
    MIIBdzCCAR2gAwIBAgIBATAKBggqhkjOPQQDAjAiMSAwHgYDVQQDDBdQaWxvdCB0
    ZXN0IGF1dGhvcml0eSBjYTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1
    OVowIjEgMB4GA1UEAwwXUGlsb3QgdGVzdCBhdXRob3JpdHkgY2EwWTATBgcqhkjO
    PQIBBggqhkjOPQMBBwNCAAS6XlwdWotUGlKpfh17uHEKXki/RRL3vRlrcNWyK9V4
    Ao25UAmMImgi3XcuQKABU3jsTQnR50zMKNIXLqzGSi6fo0IwQDAPBgNVHRMBAf8E
    BTADAQH/MA4GA1UdDwEB/wQEAwICBDAdBgNVHQ4EFgQUgcm1wduE1Kou2/iZTbSA
    uoS7428wCgYIKoZIzj0EAwIDSAAwRQIhAPjEX9osVOxFDXmUzLUDv8om0wN3iVCU
    B/BLb+drncTcAiBNTcan1gI+Roz1e/hHjhyGFgc8rKov2BnEq+wytX84Pg==
    -----END CERTIFICATE-----

    """

  /// An authority that signed none of them.
  static let otherAuthority = """
    -----BEGIN CERTIFICATE-----
    MIIBfDCCASOgAwIBAgIBAjAKBggqhkjOPQQDAjAlMSMwIQYDVQQDDBpQaWxvdCB0
    ZXN0IGF1dGhvcml0eSBvdGhlcjAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIz
    NTk1OVowJTEjMCEGA1UEAwwaUGlsb3QgdGVzdCBhdXRob3JpdHkgb3RoZXIwWTAT
    BgcqhkjOPQIBBggqhkjOPQMBBwNCAARHZl8A5NLJKyI8gwogoUBrKSGYjZVaB46i
    mRIjDX+Wjn0tfKAId4bgfCM6nLscAlvc8tMKVDd9WwmQ1/2e1ZJao0IwQDAPBgNV
    HRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAdBgNVHQ4EFgQUDnSUo7LCWATc
    PJm9priXpe+xC+gwCgYIKoZIzj0EAwIDRwAwRAIgVHLejFImx7DSPlUwfFRBEK23
    N3Lmi1eFAlUXxGfQu6ACIFKt1EGXxOvWgWYoKWANHPUyf+tPdSl5rH/XE5bjYIhb
    -----END CERTIFICATE-----

    """

  /// For localhost, 127.0.0.1 and ::1.
  static let server = """
    -----BEGIN CERTIFICATE-----
    MIIBuTCCAV+gAwIBAgIBAzAKBggqhkjOPQQDAjAiMSAwHgYDVQQDDBdQaWxvdCB0
    ZXN0IGF1dGhvcml0eSBjYTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1
    OVowETEPMA0GA1UEAwwGc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
    f+ywMwhrO8F6JwCcQmx9r5wSzdNjrp7H7AHUj+KBucPuZJFY1Se/lcRyQuqNmhEx
    /5Qp9z7soz7GxDgePtTZQ6OBlDCBkTAsBgNVHREEJTAjgglsb2NhbGhvc3SHBH8A
    AAGHEAAAAAAAAAAAAAAAAAAAAAEwDAYDVR0TAQH/BAIwADATBgNVHSUEDDAKBggr
    BgEFBQcDATAdBgNVHQ4EFgQU2q15MQJZNXGuI3KnPZj8F/BnIfIwHwYDVR0jBBgw
    FoAUgcm1wduE1Kou2/iZTbSAuoS7428wCgYIKoZIzj0EAwIDSAAwRQIgH1lpEM3a
    JauG1pOubeiaHh7PQnLbYe+dhKg3LsLEZFECIQCjnaI8UfXN0H+u3EwyKRDy+NXw
    CtSnK6hySnM9qYRbGA==
    -----END CERTIFICATE-----

    """

  /// Of ``server``.
  static let serverKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGfkxUbvoqUDb9PXq
    JovbRlxdhmTWGCs8lt7dQMSoHsehRANCAAR/7LAzCGs7wXonAJxCbH2vnBLN02Ou
    nsfsAdSP4oG5w+5kkVjVJ7+VxHJC6o2aETH/lCn3PuyjPsbEOB4+1NlD
    -----END PRIVATE KEY-----

    """

  /// Another one for localhost, 127.0.0.1 and ::1.
  static let second = """
    -----BEGIN CERTIFICATE-----
    MIIBuDCCAV+gAwIBAgIBBDAKBggqhkjOPQQDAjAiMSAwHgYDVQQDDBdQaWxvdCB0
    ZXN0IGF1dGhvcml0eSBjYTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1
    OVowETEPMA0GA1UEAwwGc2Vjb25kMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
    f35uEdi2hNx1kFbnJaKXprJpE/pSzzzSEgLwwQ3F5WIgNHepjkdNuGeAAkZqp76c
    onVEFrhsbv5e/02owxlEHaOBlDCBkTAsBgNVHREEJTAjgglsb2NhbGhvc3SHBH8A
    AAGHEAAAAAAAAAAAAAAAAAAAAAEwDAYDVR0TAQH/BAIwADATBgNVHSUEDDAKBggr
    BgEFBQcDATAdBgNVHQ4EFgQU+uia8UcbPx54B0kquoFraCcLLHwwHwYDVR0jBBgw
    FoAUgcm1wduE1Kou2/iZTbSAuoS7428wCgYIKoZIzj0EAwIDRwAwRAIgDAkHpRkX
    hYD8g6tANMX2jNNnGJONl8gKZbJV8PkRwasCIC8B6R07iNDk8P7uAy+2Xevp+eA/
    yxqIugnxSf4gqIUo
    -----END CERTIFICATE-----

    """

  /// Of ``second``.
  static let secondKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBIXVEjOe2E31ton1
    aE9snyiZz1mu5in7U+Asb00/UcWhRANCAAR/fm4R2LaE3HWQVuclopemsmkT+lLP
    PNISAvDBDcXlYiA0d6mOR024Z4ACRmqnvpyidUQWuGxu/l7/TajDGUQd
    -----END PRIVATE KEY-----

    """

  /// For beacon.example only.
  static let stranger = """
    -----BEGIN CERTIFICATE-----
    MIIBpzCCAU2gAwIBAgIBBTAKBggqhkjOPQQDAjAiMSAwHgYDVQQDDBdQaWxvdCB0
    ZXN0IGF1dGhvcml0eSBjYTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1
    OVowEzERMA8GA1UEAwwIc3RyYW5nZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
    AAQvIQrs7BSsro8hlx3kgHpWiDYvSfg4vE+doMPOuGotY96dfSbCJUqOlG1afgrG
    xUMePStjlgeHSDfoyAu6uUs+o4GAMH4wGQYDVR0RBBIwEIIOYmVhY29uLmV4YW1w
    bGUwDAYDVR0TAQH/BAIwADATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4EFgQU
    adXVPNVAM09Fpxk7rREzzplquegwHwYDVR0jBBgwFoAUgcm1wduE1Kou2/iZTbSA
    uoS7428wCgYIKoZIzj0EAwIDSAAwRQIhAIdk06M6q0np6+iXFjf321B5jn1JGUe6
    ZgzoVt5ofxMOAiAzDwRnlfY7SrC9Q9GUZfEgfNdqrXk2bAMVXaJtOp94Ng==
    -----END CERTIFICATE-----

    """

  /// Of ``stranger``.
  static let strangerKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6f06B3oo7R64Nwbp
    x/1r60iVV2kJwd3S8IgeJuEg3V6hRANCAAQvIQrs7BSsro8hlx3kgHpWiDYvSfg4
    vE+doMPOuGotY96dfSbCJUqOlG1afgrGxUMePStjlgeHSDfoyAu6uUs+
    -----END PRIVATE KEY-----

    """
}
