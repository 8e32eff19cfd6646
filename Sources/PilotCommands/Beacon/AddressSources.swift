import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWire

/// What an option such as `--allow` names: blocks of addresses, and files with more of them.
struct AddressSources: Sendable, Equatable {
  /// The longest file that is read, in bytes.
  static let sizeLimit = 4 << 20

  private let blocks: [CIDRBlock]
  /// The paths of the files.
  let files: [String]

  /// Nothing is named.
  static let none = AddressSources(blocks: [], files: [])

  private init(blocks: [CIDRBlock], files: [String]) {
    (self.blocks, self.files) = (blocks, files)
  }

  /// - Parameters:
  ///   - values: Each one or several of `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.1` and `@FILE`, with commas between.
  ///   - option: The option's name.
  init(_ values: [String], option: String) throws(CommandFailure) {
    var (blocks, files): ([CIDRBlock], [String]) = ([], [])
    for value in values.flatMap({ $0.split(separator: ",") }) {
      if value.hasPrefix("@") {
        files.append(String(value.dropFirst()))
        continue
      }
      do throws(AddressList.Problem) {
        blocks += try AddressList.blocks(in: value)
      } catch {
        throw .usage("--\(option): \(value): \(error.reason)", hint: "or give a file with them: --\(option) @FILE")
      }
    }
    self.init(blocks: blocks, files: files)
  }

  /// Whether the option is given at all: an empty file is a list of nobody.
  var isGiven: Bool { !blocks.isEmpty || !files.isEmpty }

  /// All blocks. Reads the files.
  ///
  /// - Throws: ``AddressFileError``.
  func addresses() throws(AddressFileError) -> AddressSet {
    var all = blocks
    for path in files { all += try Self.blocks(in: path) }
    return AddressSet(all)
  }

  private static func blocks(in path: String) throws(AddressFileError) -> [CIDRBlock] {
    let contents: [UInt8]?
    do throws(SystemCallError) {
      contents = try WholeFile.contents(of: path, limit: sizeLimit)
    } catch {
      throw AddressFileError("\(path): \(error)")
    }
    guard let contents else { throw AddressFileError("\(path): it has more than \(sizeLimit) bytes") }
    guard let text = String(utf8: contents.span.raw) else { throw AddressFileError("\(path): it isn't UTF-8 text") }
    do throws(AddressList.Problem) {
      return try AddressList.blocks(in: text)
    } catch {
      throw AddressFileError("\(path):\(error.line): \(error.reason)")
    }
  }
}

/// Why a file of addresses can't be used.
struct AddressFileError: Error, Equatable, CustomStringConvertible {
  /// `FILE:LINE: …`, without a full stop.
  let description: String

  init(_ description: String) { self.description = description }
}
