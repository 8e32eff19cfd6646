package import NIOHTTP1

extension HTTPRequestHead {
  /// The path that is asked for, without the query, in either form of a request's target: `/path?query`, and
  /// `http://host/path?query`, which a server must take, too (RFC 9112, section 3.2.2). Other forms are left as they are.
  package var targetPath: Substring {
    guard let rest = behindScheme else { return uri.prefix { $0 != "?" } }
    let path = rest.drop { $0 != "/" && $0 != "?" }
    return path.hasPrefix("/") ? path.prefix { $0 != "?" } : "/"
  }

  /// The host that is asked, perhaps with a port: the target's if it names one, which outranks the `Host` field (the same
  /// place), else that field's. Empty for none, which HTTP/1.0 allows; nil if there isn't exactly one `Host` otherwise.
  package var targetHost: Substring? {
    let hosts = headers["Host"]
    guard hosts.count == 1 || (hosts.isEmpty && version == .http1_0) else { return nil }
    if let rest = behindScheme { return rest.prefix { $0 != "/" && $0 != "?" } }
    return hosts.first.map { $0[...] } ?? ""
  }

  /// What is behind the `http://` of a target that has it.
  private var behindScheme: Substring? {
    let scheme = uri.prefix { $0 != ":" && $0 != "/" && $0 != "?" }
    let rest = uri[scheme.endIndex...]
    guard ["http", "https", "ws", "wss"].contains(scheme.lowercased()), rest.hasPrefix("://") else { return nil }
    return rest.dropFirst(3)
  }
}
