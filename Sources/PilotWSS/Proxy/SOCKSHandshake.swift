import NIOCore
import PilotTransport
import PilotWire

/// Asks a SOCKS 5 proxy for a connection (RFC 1928), with a password if there is one (RFC 1929). Names go as they are: the proxy
/// resolves them.
struct SOCKSHandshake: ProxyHandshake {
  private enum State {
    case greeting
    case authenticating
    case requesting
    case over
  }

  /// The longest reply, in bytes: to a request, with a name.
  static let replyLimit = 262

  private let proxy: ProxyURL
  private let target: HostPort
  private var credentials: ProxyCredentials?
  private var state = State.greeting
  private var received = ByteBuffer()

  init(through proxy: ProxyURL, to beacon: WSSURL) {
    self.proxy = proxy
    target = beacon.tunnelTarget
  }

  /// - Throws: `.invalidConfiguration` for credentials that don't go into a message.
  static func check(_ credentials: ProxyCredentials) throws(TransportError) {
    guard (1...255).contains(credentials.user.utf8.count), (1...255).contains(credentials.password.utf8.count) else {
      throw TransportError(
        code: .invalidConfiguration,
        message: "the proxy's user and password can't be used: for SOCKS each has 1 to 255 bytes")
    }
  }

  mutating func begin(as credentials: ProxyCredentials?) -> [UInt8] {
    self.credentials = credentials
    state = .greeting
    received = ByteBuffer()
    return credentials == nil ? [5, 1, 0] : [5, 2, 0, 2]
  }

  mutating func receive(_ bytes: ByteBuffer) -> ProxyStep {
    // What comes behind a refusal means nothing.
    if state == .over { return .wait }
    guard received.readableBytes + bytes.readableBytes <= Self.replyLimit || state == .requesting else {
      return over(ProxyRefusal(unreadable: .tooLong, of: proxy))
    }
    received.writeImmutableBuffer(bytes)
    if let first: UInt8 = received.getInteger(at: received.readerIndex), first != 5, state != .authenticating {
      return over(ProxyRefusal(unreadable: .notSOCKS(firstByte: first), of: proxy))
    }
    switch state {
    case .greeting: return method()
    case .authenticating: return verdict()
    case .requesting: return reply()
    case .over: return .wait
    }
  }

  private mutating func method() -> ProxyStep {
    guard received.readableBytes >= 2, let answer = received.readBytes(length: 2) else { return .wait }
    switch (answer[1], credentials) {
    case (0, _):
      return request()
    case (2, let credentials?):
      state = .authenticating
      let (user, password) = (Array(credentials.user.utf8), Array(credentials.password.utf8))
      return .send(
        [1, UInt8(truncatingIfNeeded: user.count)] + user + [UInt8(truncatingIfNeeded: password.count)] + password)
    case (0xFF, _):
      return over(.noMethod(proxy, hadCredentials: credentials != nil))
    default:
      return over(ProxyRefusal(unreadable: .malformed, of: proxy))
    }
  }

  private mutating func verdict() -> ProxyStep {
    guard received.readableBytes >= 2, let answer = received.readBytes(length: 2) else { return .wait }
    return answer[1] == 0 ? request() : over(.rejected(proxy))
  }

  private mutating func request() -> ProxyStep {
    state = .requesting
    let port = target.port ?? 0
    var message: [UInt8] = [5, 1, 0]
    if let address = try? Endpoint(address: target.host, port: port) {
      if let ipv4 = address.ipv4Address {
        message += [1] + ipv4.bigEndianBytes
      } else {
        message += [4] + address.high.bigEndianBytes + address.low.bigEndianBytes
      }
    } else {
      let name = Array(target.host.utf8)
      guard name.count <= 255 else { return over(.nameTooLong(proxy)) }
      message += [3, UInt8(truncatingIfNeeded: name.count)] + name
    }
    return .send(message + port.bigEndianBytes)
  }

  private mutating func reply() -> ProxyStep {
    let start = received.readerIndex
    guard let code: UInt8 = received.getInteger(at: start + 1) else { return .wait }
    guard code == 0 else { return over(ProxyRefusal(socksReply: code, of: proxy, to: target)) }
    guard let kind: UInt8 = received.getInteger(at: start + 3), let length: UInt8 = received.getInteger(at: start + 4)
    else { return .wait }
    let count: Int
    switch kind {
    case 1: count = 10
    case 3: count = 7 + Int(length)
    case 4: count = 22
    default: return over(ProxyRefusal(unreadable: .malformed, of: proxy))
    }
    guard received.readableBytes >= count else { return .wait }
    received.moveReaderIndex(forwardBy: count)
    state = .over
    return .open(rest: received)
  }

  private mutating func over(_ refusal: ProxyRefusal) -> ProxyStep {
    state = .over
    return .refuse(refusal)
  }

  func ended() -> ProxyRefusal {
    switch state {
    case .authenticating: .rejected(proxy)
    case .greeting where received.readableBytes == 0, .requesting where received.readableBytes == 0: .closed(proxy)
    case .greeting, .requesting, .over: ProxyRefusal(unreadable: .malformed, of: proxy)
    }
  }

  /// A proxy ends the connection after a refusal (RFC 1928, section 6; RFC 1929).
  var takesAnother: Bool { false }
}

extension FixedWidthInteger {
  fileprivate var bigEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }
}
