internal import PilotWire

/// Why there is no identity, no file for it, or no signature. No case holds key material.
@nonexhaustive
public enum IdentityError: Error, Hashable, Sendable {
  /// A seed had this many bytes instead of 32.
  case wrongSeedLength(Int)
  /// The cryptographic library gave no signature.
  case cannotSign
  /// The file can't be opened or read. `reason` is the system's text.
  case cannotRead(path: String, reason: String)
  /// The path leads to a directory, a pipe, a socket or a device.
  case notRegularFile(path: String)
  /// The file's permissions let others than its owner at it. `mode`: the permission bits.
  case openToOthers(path: String, mode: UInt32)
  /// The file is longer than `limit` bytes.
  case tooLarge(path: String, limit: Int)
  /// The file's contents aren't those of an identity. `reason` says where and what, but quotes nothing.
  case malformed(path: String, reason: String)
  /// The public key in the file is not that of the private key in it.
  case keysDisagree(path: String)
  /// There is a file already, and it wasn't to be overwritten.
  case alreadyExists(path: String)
  /// The file can't be written. `reason` is the system's text.
  case cannotWrite(path: String, reason: String)
}

extension IdentityError: CustomStringConvertible {
  /// One sentence without a full stop: what is wrong, and what to try.
  public var description: String {
    switch self {
    case .wrongSeedLength(let length):
      "the seed of an identity has \(length) bytes and needs exactly \(Identity.seedByteCount)"
    case .cannotSign:
      "the cryptographic library gave no signature; is the system out of memory?"
    case .cannotRead(let path, let reason):
      "can't read the identity file \(path): \(reason); check the path and its owner, or make an identity with"
        + " pilot identity new"
    case .notRegularFile(let path):
      "\(path) is not a regular file; give the path of an identity file"
    case .openToOthers(let path, let mode):
      "others than its owner have access to the identity file \(path) (mode 0\(String(mode, radix: 8)));"
        + " run: chmod 600 \(path)"
    case .tooLarge(let path, let limit):
      "\(path) is larger than \(limit) bytes and so is no identity file; check the path"
    case .malformed(let path, let reason):
      "\(path) is not an identity file (\(reason)); check the path, or restore the file from a backup"
    case .keysDisagree(let path):
      "the private and the public key in the identity file \(path) don't belong together; restore the file from a"
        + " backup, or make a new identity"
    case .alreadyExists(let path):
      "\(path) exists already; choose another path, or ask for it to be overwritten (which loses the identity in it)"
    case .cannotWrite(let path, let reason):
      "can't write the identity file \(path): \(reason); check that its directory exists and can be written to"
    }
  }
}
