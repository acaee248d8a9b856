import AdjunctProcessor
import Harness
@testable import VFIOAP

// The three masks of ap_config.
Harness.run { bytes in
    let text = bytes.prefix { $0 != 0 }
    guard let matrix = APMatrix.parseConfig(text) else { return }
    let shown = Array(matrix.configText.utf8)
    Harness.same(shown.count, 201, "as long as what is read")
    Harness.same(APMatrix.parseConfig(shown[...]), matrix, "what is shown can be written")
    Harness.same(APMatrix.parseConfig((shown + Array("and more".utf8))[...]), matrix, "what is behind it does not matter")
}
