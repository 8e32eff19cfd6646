import PilotTransport
import PilotWire

/// Why there is no tunnel, in words that say what to try. None repeats a credential.
extension ProxyRefusal {
  /// The proxy has answered CONNECT with something else than a tunnel.
  init(_ head: ConnectAnswer.Head, of proxy: ProxyURL, to target: String, hadCredentials: Bool) {
    switch head.status {
    case 401, 407:
      self = Self.challenge(head, of: proxy, hadCredentials: hadCredentials)
    case 403:
      self.init(
        "\(proxy) forbids a tunnel to \(target) (403)\(Self.detail(head)); its administrators have to allow it", .never)
    case 400, 404, 405, 501:
      self.init(
        """
        \(proxy) makes no tunnels, or none to this port (\(head.status) \(Self.reason(head)))\(Self.detail(head)); is it a \
        proxy?
        """, .never)
    case 300..<400:
      self.init(
        """
        \(proxy) answered \(head.status) and redirects instead of making a tunnel; a login page may stand between this \
        machine and the network
        """, .later(after: nil))
    case 502...504:
      self.init(
        "\(proxy) did not reach \(target) (\(head.status) \(Self.reason(head)))\(Self.detail(head))", .later(after: nil)
      )
    default:
      self.init(
        "\(proxy) answered \(head.status) \(Self.reason(head)) instead of making a tunnel\(Self.detail(head))",
        .later(after: nil))
    }
  }

  private static func challenge(_ head: ConnectAnswer.Head, of proxy: ProxyURL, hadCredentials: Bool) -> ProxyRefusal {
    let challenges = head.values("proxy-authenticate") + head.values("www-authenticate")
    let schemes = challenges.compactMap { $0.split { $0 == " " || $0 == "," }.first.map { $0.lowercased() } }
    guard schemes.isEmpty || challenges.contains(where: offersBasic) else {
      let names = PrintableText.line(schemes.map(spelled).joined(separator: ", "), limit: 80)
      var refusal = ProxyRefusal(
        """
        \(proxy) wants \(names) (\(head.status)), which isn't spoken here; run a proxy on this machine that speaks it, such as \
        cntlm or px, and give that one, or ask for Basic or an exception for the beacon
        """, .never)
      refusal.refusesCredentials = hadCredentials
      return refusal
    }
    let text =
      hadCredentials
      ? "\(proxy) does not accept these credentials (\(head.status)); check the user and the password"
      : """
      \(proxy) wants a user and a password (\(head.status)); give them in its URL, as http://USER:PASSWORD@HOST:PORT, or by a \
      command (--proxy-command)
      """
    var refusal = ProxyRefusal(text, .never)
    refusal.wantsCredentials = true
    refusal.refusesCredentials = hadCredentials
    return refusal
  }

  /// Several challenges may stand in one field (RFC 9110, section 11.6.1).
  private static func offersBasic(_ challenge: String) -> Bool {
    challenge.lowercased().split { $0 == " " || $0 == "," }.contains("basic")
  }

  private static func spelled(_ scheme: String) -> String {
    ["ntlm": "NTLM", "negotiate": "Negotiate (Kerberos)", "digest": "Digest"][scheme] ?? scheme
  }

  private static func reason(_ head: ConnectAnswer.Head) -> String { PrintableText.line(head.reason, limit: 80) }

  /// What a proxy says about itself beside its answer: RFC 9209, or Squid's own field.
  private static func detail(_ head: ConnectAnswer.Head) -> String {
    guard let text = head.values("proxy-status").first ?? head.values("x-squid-error").first else { return "" }
    return ": " + PrintableText.line(text, limit: 120)
  }

  private init(_ message: String, _ retry: RetryAdvice) {
    self.init(error: TransportError(code: .proxyRefused, message: "the proxy " + message, retry: retry))
  }
}

extension ProxyRefusal {
  /// How an answer is broken.
  enum Garble {
    case notHTTP(UInt8)
    case notSOCKS(firstByte: UInt8)
    case malformed
    case tooLong
  }

  /// The answer to CONNECT can't be read. Proxies that renew their credentials have answered so to old ones.
  init(fault: ConnectAnswer.Fault, of proxy: ProxyURL) {
    switch fault {
    case .notHTTP(let byte): self.init(unreadable: .notHTTP(byte), of: proxy)
    case .malformed: self.init(unreadable: .malformed, of: proxy)
    case .tooLong: self.init(unreadable: .tooLong, of: proxy)
    }
  }

  /// An answer can't be read.
  init(unreadable garble: Garble, of proxy: ProxyURL) {
    let reason =
      switch garble {
      case .notHTTP(0x15), .notHTTP(0x16): "does not answer in HTTP but in TLS; write https:// for it"
      case .notHTTP(5): "does not answer in HTTP; it may speak SOCKS: write socks5://"
      case .notHTTP: "does not answer in HTTP; is it a proxy?"
      case .notSOCKS(UInt8(ascii: "H")): "does not answer in SOCKS but in HTTP; write http:// for it"
      case .notSOCKS: "does not answer in SOCKS 5; is it a proxy?"
      case .malformed: "gave an answer that can't be read"
      case .tooLong: "gave an answer without end"
      }
    self.init(reason, of: proxy)
    wantsCredentials = true
  }

  private init(_ reason: String, of proxy: ProxyURL) {
    self.init("\(proxy) \(reason)", .later(after: nil))
  }

  /// The proxy has ended the connection without a word.
  static func closed(_ proxy: ProxyURL) -> ProxyRefusal {
    ProxyRefusal("closed the connection before it answered; may this machine use it?", of: proxy)
  }

  /// A SOCKS proxy takes none of the ways to say who this is.
  static func noMethod(_ proxy: ProxyURL, hadCredentials: Bool) -> ProxyRefusal {
    var refusal = ProxyRefusal(
      hadCredentials
        ? "\(proxy) takes neither a password nor nobody's word; it may want Kerberos, which isn't spoken here"
        : "\(proxy) wants a user and a password; give them in its URL, as socks5://USER:PASSWORD@HOST:PORT",
      .never)
    refusal.wantsCredentials = true
    return refusal
  }

  /// A SOCKS proxy doesn't accept the password.
  static func rejected(_ proxy: ProxyURL) -> ProxyRefusal {
    var refusal = ProxyRefusal("\(proxy) does not accept these credentials; check the user and the password", .never)
    refusal.wantsCredentials = true
    refusal.refusesCredentials = true
    return refusal
  }

  /// The beacon's name has no room in a request.
  static func nameTooLong(_ proxy: ProxyURL) -> ProxyRefusal {
    ProxyRefusal("\(proxy) takes names of 255 bytes at most, and the beacon's is longer", .never)
  }

  /// A SOCKS proxy says why not (RFC 1928, section 6).
  init(socksReply code: UInt8, of proxy: ProxyURL, to target: HostPort) {
    switch code {
    case 2: self.init("\(proxy) forbids \(target); its administrators have to allow it", .never)
    case 3: self.init("\(proxy) did not reach \(target): network unreachable", .later(after: nil))
    case 4: self.init("\(proxy) did not reach \(target): host unreachable, or no such name", .later(after: nil))
    case 5: self.init("\(proxy) did not reach \(target): connection refused", .later(after: nil))
    case 6: self.init("\(proxy) did not reach \(target): it took too long", .later(after: nil))
    case 7: self.init("\(proxy) makes no connections (SOCKS reply 7)", .never)
    case 8: self.init("\(proxy) doesn't take this kind of address for \(target)", .never)
    default: self.init("\(proxy) failed (SOCKS reply \(code))", .later(after: nil))
    }
  }
}
