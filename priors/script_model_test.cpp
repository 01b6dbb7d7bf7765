#include "priors/script_model.hpp"

#include <torch/csrc/jit/api/module.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "priors/table.hpp"

BOOST_AUTO_TEST_SUITE(script_model)

using namespace lvtino;

namespace {

const Shape kPixels = {2, 3, 5, 8, 12};

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("lvtino_script_model_test_" + name)).string();
}

// An archive as torch.jit.save writes it.
std::string archive(const std::string& name, const std::string& source) {
  torch::jit::Module module(name);
  module.define(source + "\n");
  module.save(temporary(name + ".pt"));
  return temporary(name + ".pt");
}

std::shared_ptr<const Prior> prior(const Json& spec) {
  const SpecReader reader(spec);
  auto out = prior_table().make(reader, kPixels, Placement{});
  reader.finish();
  return out;
}

double distance(const Tensor& a, const Tensor& b) {
  return std::sqrt(squared_distance(a.contiguous(), b.contiguous())) / l2_norm(b.contiguous());
}

}  // namespace

// A network that knows that z_0 = 0.3 everywhere, in the three languages.
BOOST_AUTO_TEST_CASE(predictions_of_noise_and_velocity_become_latents) {
  const Json base = {{"type", "script"}, {"schedule", {{"type", "vp_scaled_linear"}}}};
  const double t = 249;
  const Tensor z_t = Rng(1).normal(kPixels, {});
  const auto model_of = [&](const char* predicts, const std::string& script) {
    Json spec = base;
    spec["predicts"] = predicts, spec["time"] = "ratio", spec["script"] = script;
    return prior(spec);
  };
  // r = noise / signal and signal^2 + noise^2 = 1.
  const std::string signal = "  s = (1 / torch.sqrt(1 + r * r)).view(-1, 1, 1, 1, 1)\n";
  const std::string noise = "  n = r.view(-1, 1, 1, 1, 1) * s\n";
  const std::string head = "def forward(self, z, r):\n" + signal + noise;
  for (const auto& model : {model_of("clean", head + "  return 0.3 + 0 * z\n"),
                            model_of("noise", head + "  return (z - 0.3 * s) / n\n"),
                            model_of("velocity", head + "  return (z - 0.3 * s) / n - 0.3\n")})
    BOOST_CHECK_LT(distance(model->model().origin(z_t, t), at::full(kPixels, 0.3)), 1e-5);
}

BOOST_AUTO_TEST_CASE(layouts_and_inputs_are_as_the_contract_says) {
  const Tensor z_t = Rng(2).normal(kPixels, {});
  // What makes the first axis of each layout count: the index along it.
  const std::string script =
      "def forward(self, z, t):\n"
      "  i = torch.arange(z.size(0)).to(z.dtype).view([-1] + [1] * (z.dim() - 1))\n"
      "  return z * i + t.view([-1] + [1] * (z.dim() - 1))\n";
  const auto run = [&](const char* layout) {
    return prior({{"type", "script"}, {"layout", layout}, {"script", script}, {"input", "scaled"}})
        ->model()
        .origin(z_t, 200);
  };
  const Tensor scaled = z_t / 0.8;
  const Tensor clips = at::arange(2, at::kFloat).view({2, 1, 1, 1, 1});
  BOOST_CHECK_LT(distance(run("video"), scaled * clips + 200), 1e-6);
  BOOST_CHECK_LT(distance(run("frames_first"), scaled * clips + 200), 1e-6);
  const Tensor frames = at::arange(10, at::kFloat).view({2, 1, 5, 1, 1});
  BOOST_CHECK_LT(distance(run("separate_frames"), scaled * frames + 200), 1e-6);
  // The axes themselves: a network that reverses time.
  const auto reversed = prior({{"type", "script"},
                               {"layout", "frames_first"},
                               {"script", "def forward(self, z, t): return torch.flip(z, [1])"}});
  BOOST_CHECK(at::equal(reversed->model().origin(z_t, 200), z_t.flip({2})));
}

BOOST_AUTO_TEST_CASE(a_contract_file_brings_networks_and_autoencoder) {
  archive("shrink", "def forward(self, z, t): return 0.5 * z");
  archive("halve",
          "def forward(self, x):\n"
          "  y = x[:, :, ::2]\n"
          "  return torch.cat([y[:, :, :, ::2, ::2], y[:, :, :, 1::2, 1::2]], 1)\n");
  archive("double",
          "def forward(self, z):\n"
          "  y = torch.repeat_interleave(torch.repeat_interleave(z[:, :3], 2, 3), 2, 4)\n"
          "  return torch.repeat_interleave(y, 2, 2)[:, :, 1:]\n");
  write_file(temporary("contract.json"),
             Json({{"network", "lvtino_script_model_test_shrink.pt"},
                   {"encoder", "lvtino_script_model_test_halve.pt"},
                   {"decoder", "lvtino_script_model_test_double.pt"},
                   {"latent", {{"channels", 6}, {"time", 2}, {"space", 2}}}})
                 .dump());
  const Json spec = {{"type", "script"}, {"contract", temporary("contract.json")}};
  const auto made = prior(spec);
  BOOST_CHECK(made->model().domain() == (Shape{2, 6, 3, 4, 6}));
  const Tensor x = Rng(3).uniform(kPixels, {});
  const Tensor y = stochastic_autoencode(*made, x, 200, Rng(4), 0);
  // Halved about the middle grey: signal .8, times .5.
  const Tensor kept = x.slice(2, 0, {}, 2).slice(3, 0, {}, 2).slice(4, 0, {}, 2);
  BOOST_CHECK_LT(distance(y.slice(2, 0, {}, 2).slice(3, 0, {}, 2).slice(4, 0, {}, 2),
                          (kept * 2 - 1) * 0.4 / 2 + 0.5),
                 1e-6);
  BOOST_CHECK_THROW(made->autoencoder().latent_shape({1, 3, 4, 8, 8}), ShapeError);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said) {
  const auto message = [](const Json& spec) -> std::string {
    try {
      prior(spec)->model().origin(at::zeros(kPixels), 200);
    } catch (const Error& failure) {
      return failure.what();
    }
    return "";
  };
  const auto holds = [](const std::string& whole, const std::string& part) {
    BOOST_TEST(whole.find(part) != whole.npos, whole << " has no " << part);
  };
  holds(message({{"type", "script"}, {"script", "def forward(self, z, t): return y"}}), "/script");
  holds(message({{"type", "script"}, {"script", "def backward(self, z, t): return z"}}), "forward");
  holds(message({{"type", "script"}, {"script", "def forward(self, z, t): return z[:, :1]"}}),
        "expected the same shape");
  holds(message({{"type", "script"}, {"network", temporary("none.pt")}}), "none.pt");
  write_file(temporary("junk.pt"), "junk");
  holds(message({{"type", "script"}, {"network", temporary("junk.pt")}}), "junk.pt");
  write_file(temporary("bad.json"),
             R"({"script": "def forward(self, z, t): return z", "layuot": 1})");
  holds(message({{"type", "script"}, {"contract", temporary("bad.json")}}), "layout");
}

BOOST_AUTO_TEST_SUITE_END()
