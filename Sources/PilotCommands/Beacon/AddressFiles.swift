import PilotConsole
import PilotIdentity
import PilotTransport
import Synchronization

/// The rules about addresses that the options give, kept in force as their files change.
final class AddressFiles: Sendable {
  /// What a look at the files found.
  enum Change: Equatable {
    case unchanged
    /// They are other versions, and in force from now on.
    case reloaded
    /// One of them can't be used; the rules from before stay. Reported once for each version.
    case refused(AddressFileError)
  }

  /// The rules in force.
  let policy: AddressPolicy
  private let allow: AddressSources
  private let deny: AddressSources
  private let proxies: AddressSources
  private let stamps: Mutex<[FileStamp?]>

  /// Reads the files for the first time.
  init(allow: AddressSources, deny: AddressSources, trustedProxies: AddressSources) throws(CommandFailure) {
    (self.allow, self.deny, proxies) = (allow, deny, trustedProxies)
    stamps = Mutex(Self.look(allow, deny, trustedProxies))
    do throws(AddressFileError) {
      policy = AddressPolicy(try Self.rules(allow, deny, trustedProxies))
    } catch {
      throw CommandFailure("\(error)", hint: "each line has an address, or a block such as 192.0.2.0/24")
    }
  }

  /// Whether there is a file that can change.
  var isEmpty: Bool { allow.files.isEmpty && deny.files.isEmpty && proxies.files.isEmpty }

  /// Looks at the files, and reads them again if one differs from last time.
  func reloadIfChanged() -> Change {
    stamps.withLock { stamps in
      let now = Self.look(allow, deny, proxies)
      guard now != stamps else { return .unchanged }
      stamps = now
      do throws(AddressFileError) {
        policy.replace(with: try Self.rules(allow, deny, proxies))
        return .reloaded
      } catch {
        return .refused(error)
      }
    }
  }

  private static func look(_ sources: AddressSources...) -> [FileStamp?] {
    sources.flatMap(\.files).map { FileStamp(of: $0) }
  }

  private static func rules(
    _ allow: AddressSources, _ deny: AddressSources, _ proxies: AddressSources
  ) throws(AddressFileError) -> AddressRules {
    var rules = AddressRules()
    if allow.isGiven { rules.allowed = try allow.addresses() }
    rules.denied = try deny.addresses()
    rules.trustedProxies = try proxies.addresses()
    return rules
  }
}
