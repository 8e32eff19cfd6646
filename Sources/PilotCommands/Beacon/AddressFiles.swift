import PilotConsole
import PilotIdentity
import PilotTransport
import Synchronization

/// What the options about addresses name.
struct AddressOptions: Sendable, Equatable {
  var allow: AddressSources
  var deny: AddressSources
  var trustedProxies: AddressSources

  /// The paths of the files.
  var files: [String] { allow.files + deny.files + trustedProxies.files }

  /// Reads the files.
  func rules() throws(AddressFileError) -> AddressRules {
    var rules = AddressRules()
    if allow.isGiven { rules.allowed = try allow.addresses() }
    rules.denied = try deny.addresses()
    rules.trustedProxies = try trustedProxies.addresses()
    return rules
  }

  /// As ``rules()``, for whoever started the program.
  func firstRules() throws(CommandFailure) -> AddressRules {
    do throws(AddressFileError) {
      return try rules()
    } catch {
      throw CommandFailure("\(error)", hint: "each line has an address, or a block such as 192.0.2.0/24")
    }
  }
}

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
  private let state: Mutex<State>

  private struct State {
    var options: AddressOptions
    var stamps: [FileStamp?]

    init(_ options: AddressOptions) {
      self.options = options
      stamps = options.files.map { FileStamp(of: $0) }
    }
  }

  /// Reads the files for the first time.
  init(_ options: AddressOptions) throws(CommandFailure) {
    state = Mutex(State(options))
    policy = AddressPolicy(try options.firstRules())
  }

  /// Puts what other options name into force, if it can be read; else the rules from before stay.
  func replace(with options: AddressOptions) throws(AddressFileError) {
    let next = State(options)
    let rules = try options.rules()
    state.withLock { state in
      state = next
      policy.replace(with: rules)
    }
  }

  /// Looks at the files, and reads them again if one differs from last time.
  func reloadIfChanged() -> Change {
    state.withLock { state in
      let now = state.options.files.map { FileStamp(of: $0) }
      guard now != state.stamps else { return .unchanged }
      state.stamps = now
      do throws(AddressFileError) {
        policy.replace(with: try state.options.rules())
        return .reloaded
      } catch {
        return .refused(error)
      }
    }
  }
}
