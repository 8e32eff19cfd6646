import PilotTransport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The variables of an environment that name a proxy, and the hosts that are reached without one.
///
/// For `wss://` that is `https_proxy`, else `HTTPS_PROXY`; for `ws://` it is `http_proxy` alone, since a web server hands a
/// request's `Proxy` field to its programs as `HTTP_PROXY`; and for both, where there is none, `all_proxy`, else `ALL_PROXY`. The
/// list of exceptions is `no_proxy`, else `NO_PROXY`. A variable that is set to nothing counts as not set.
public struct ProxyEnvironment: Sendable, Hashable {
  /// A variable's name with its value, which may hold a password.
  private struct Variable: Hashable, CustomStringConvertible, CustomReflectable {
    let name: String
    let value: String

    var description: String { name }
    var customMirror: Mirror { Mirror(self, children: ["name": name]) }
  }

  private static let secure = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
  private static let plain = ["http_proxy", "all_proxy", "ALL_PROXY"]

  private let variables: [Variable]
  /// The hosts that are reached without a proxy.
  public let noProxy: NoProxy
  /// The variable that lists them; nil if none does.
  public let noProxyVariable: String?

  /// Takes them from an environment.
  public init(_ environment: [String: String]) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    variables = (Self.secure + ["http_proxy"]).compactMap { name in
      value(name).map { Variable(name: name, value: $0) }
    }
    noProxyVariable = ["no_proxy", "NO_PROXY"].first { value($0) != nil }
    noProxy = noProxyVariable.flatMap(value).map(NoProxy.init(parsing:)) ?? NoProxy()
  }

  /// Those of this process.
  public static var process: ProxyEnvironment { ProxyEnvironment(ProcessInfo.processInfo.environment) }

  /// The proxy for a beacon before any exception, and the variable that names it.
  ///
  /// - Throws: `.invalidConfiguration` that says which variable is wrong, and quotes nothing of it.
  func proxy(for beacon: WSSURL) throws(TransportError) -> (url: ProxyURL, variable: String)? {
    let names = beacon.isSecure ? Self.secure : Self.plain
    for name in names {
      guard let variable = variables.first(where: { $0.name == name }) else { continue }
      do throws(TransportError) {
        return (try ProxyURL(parsing: variable.value), name)
      } catch {
        throw TransportError(code: error.code, message: "\(error.message) (it is from the variable \(name))")
      }
    }
    return nil
  }

  /// The variables of an environment that hold a proxy's user or password.
  package static func namesOfSecrets(in environment: [String: String]) -> Set<String> {
    Set(environment.filter { $0.key.lowercased().hasSuffix("_proxy") && $0.value.contains("@") }.keys)
  }
}
