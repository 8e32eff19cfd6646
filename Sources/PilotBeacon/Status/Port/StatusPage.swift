import Crypto
import PilotWire

/// The page at `/`: the same for everybody, whatever the network has sent; what it shows it fetches from `/events`, and shows as
/// texts. Its style and script stand in it, and a policy names them by their digests, so that nothing else of it runs.
enum StatusPage {
  private static let style = text(PackageResources.page_css)
  private static let script = text(PackageResources.page_js)

  static let html = text(PackageResources.page_html)
    .replacing("/*style*/", with: style, maxReplacements: 1)
    .replacing("/*script*/", with: script, maxReplacements: 1)

  /// Content-Security-Policy (https://www.w3.org/TR/CSP3/) for each answer of the port.
  static let policy =
    "default-src 'none'; script-src \(digest(script)); style-src \(digest(style)); connect-src 'self'; "
    + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func digest(_ text: String) -> String {
    let digest = Array(SHA256.hash(data: Array(text.utf8)))
    return "'sha256-\(Base64.encode(digest.span.raw))'"
  }
}
