import NIOHTTP1
import PilotTransport
import PilotWire

/// Who may read the status port's page and metrics: with a token, whoever has it; without one, this machine.
struct StatusAccess: Sendable {
  enum Verdict: Equatable {
    case granted
    /// The token is missing or wrong.
    case unauthorized
    /// There is no token, and whoever asks is elsewhere.
    case forbidden
  }

  /// RFC 7617: browsers ask for it and send it with each request to the page's origin, its event stream included.
  static let challenge = #"Basic realm="pilot beacon", charset="UTF-8""#

  let token: StatusToken?

  func verdict(about headers: HTTPHeaders, from remote: Endpoint) -> Verdict {
    guard let token else { return remote.isThisMachine ? .granted : .forbidden }
    let fields = headers["Authorization"]
    guard fields.count == 1, let given = Self.secret(of: fields[0]), token.matches(given) else { return .unauthorized }
    return .granted
  }

  /// The token of `Bearer TOKEN`, or of `Basic BASE64(anybody:TOKEN)`.
  private static func secret(of field: String) -> [UInt8]? {
    guard field.utf8.count <= 1_024, let space = field.firstIndex(of: " ") else { return nil }
    let rest = field[space...].drop { $0 == " " }
    switch field[..<space].lowercased() {
    case "bearer": return Array(rest.utf8)
    case "basic":
      guard let decoded = Base64.decode(rest), let colon = decoded.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      return Array(decoded[(colon + 1)...])
    default: return nil
    }
  }
}
