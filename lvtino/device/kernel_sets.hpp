#pragma once

#include <vector>

#include "lvtino/device/comparison.hpp"

/// The parts of `kernel_laws`, one for each header of kernels.
namespace lvtino::device {

void add_tv_laws(const Stream& stream, int shapes, const Rng& rng, std::vector<LawReport>& out);
void add_separable_laws(const Stream& stream, int shapes, const Rng& rng,
                        std::vector<LawReport>& out);
void add_joint_laws(int shapes, const Rng& rng, std::vector<LawReport>& out);
void add_jpeg_laws(const Stream& stream, int shapes, const Rng& rng, std::vector<LawReport>& out);
void add_random_laws(const Stream& stream, int shapes, const Rng& rng, std::vector<LawReport>& out);
void add_fused_laws(const Stream& stream, int shapes, const Rng& rng, std::vector<LawReport>& out);
/// Not in the emulator: passes that libtorch computes. Prints why where they cannot be compared.
void add_pass_laws(int calls, const Rng& rng, std::vector<LawReport>& out);

}  // namespace lvtino::device
