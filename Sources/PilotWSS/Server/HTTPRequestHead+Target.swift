package import NIOHTTP1

extension HTTPRequestHead {
  /// The path that is asked for, without the query, in either form of a request's target: `/path?query`, and
  /// `http://host/path?query`, which a server must take, too (RFC 9112, section 3.2.2). Other forms are left as they are.
  package var targetPath: Substring {
    var path = uri[...]
    let scheme = uri.prefix { $0 != ":" && $0 != "/" && $0 != "?" }
    let rest = uri[scheme.endIndex...]
    if ["http", "https", "ws", "wss"].contains(scheme.lowercased()), rest.hasPrefix("://") {
      path = rest.dropFirst(3).drop { $0 != "/" && $0 != "?" }
      if !path.hasPrefix("/") { return "/" }
    }
    return path.prefix { $0 != "?" }
  }
}
