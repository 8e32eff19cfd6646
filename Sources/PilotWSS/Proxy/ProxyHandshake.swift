import NIOCore
import PilotTransport

/// Asks a proxy for a tunnel, without a socket: bytes in, what to do out.
protocol ProxyHandshake {
  /// What is said first.
  mutating func begin(as credentials: ProxyCredentials?) -> [UInt8]
  /// The proxy has said something.
  mutating func receive(_ bytes: ByteBuffer) -> ProxyStep
  /// The proxy has ended the connection.
  func ended() -> ProxyRefusal
  /// Whether the same connection takes another ``begin(as:)`` after a refusal.
  var takesAnother: Bool { get }
}

/// What to do after a proxy has said something.
enum ProxyStep: Equatable {
  case wait
  case send([UInt8])
  /// The tunnel is there; what came behind the answer is the beacon's.
  case open(rest: ByteBuffer)
  case refuse(ProxyRefusal)
}

/// Why a proxy gives no tunnel.
struct ProxyRefusal: Error, Equatable {
  var error: TransportError
  /// Whether it may be for the credentials, so that others may help.
  var wantsCredentials = false
  /// Whether it is an answer to credentials that were shown: to repeat them can lock somebody out.
  var refusesCredentials = false
}
