#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension String {
  /// The path from the root on: what stands in settings must mean the same in every working directory.
  var absolutePath: String {
    if hasPrefix("/") { return self }
    let directory = FileManager.default.currentDirectoryPath
    return directory.hasSuffix("/") ? directory + self : "\(directory)/\(self)"
  }
}
