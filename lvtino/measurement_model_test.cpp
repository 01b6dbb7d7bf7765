#include "lvtino/measurement_model.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "dense.hpp"
#include "libjpeg_encoder.hpp"
#include "lvtino/apply.hpp"
#include "lvtino/check.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/experiment.hpp"
#ifdef LVTINO_HAS_FFMPEG
#include "lvtino/ffmpeg_handles.hpp"
#endif
#include "lvtino/core/npy.hpp"
#include "operators/table.hpp"
#include "solvers/interval_term.hpp"

BOOST_AUTO_TEST_SUITE(measurement_model)

using namespace lvtino;
namespace fs = std::filesystem;

namespace {

const Shape kDomain = {1, 3, 4, 16, 24};

MeasurementContext context(const char* op, double sigma, const Placement& p = dense::kExact) {
  return {.op = operator_table().make(SpecReader(Json::parse(op)), kDomain, p), .sigma = sigma};
}

MeasurementModelPtr model(const char* spec, const char* op, double sigma) {
  const SpecReader reader(Json::parse(spec));
  const auto out = measurement_table().make(reader, context(op, sigma));
  reader.finish();
  return out;
}

constexpr const char* kIdentity = R"({"type": "identity"})";
constexpr const char* kHalf = R"({"type": "spatial_decimation", "factor": 2, "filter": "area", "centre": "block"})";

Tensor video() { return Rng(1).uniform(kDomain, dense::kExact) * 0.6 + 0.2; }

std::string scratch(const std::string& name) {
  const std::string path = text(LVTINO_BINARY_DIR, "/measurement_model_test/", name);
  std::error_code ignored;
  fs::remove_all(path, ignored);
  make_folder(path);
  return path;
}

// A whole run of a spec with Gaussian priors and total variation.
Json small_spec() {
  return Json::parse(R"({
    "name": "m", "preset": "paper", "seed": 5, "dtype": "float64",
    "clips": [{"name": "a", "source": {"type": "procedural", "frames": 3, "height": 16, "width": 24}}],
    "measurement": {"type": "jpeg", "quality": 10, "subsampling": "420"}, "noise": {"sigma": 0},
    "priors": {"video": {"type": "gaussian_video"}, "image": {"type": "gaussian_image"}},
    "total_variation": {"weights": [1, 1, 1]},
    "sampler": {"steps": [{"t_video": 200, "t_image": 100, "delta": 0.01}, {"t_video": 60, "delta": 0.01}]},
    "output": {"formats": ["npy"], "save": ["restoration", "measurement"]}})");
}

RunResult run(const Json& spec, const std::string& folder) {
  const Experiment experiment = read_experiment({spec, folder}, "a");
  return run_experiment(experiment, {.output = folder + "/out", .progress = false});
}

// What holds of every run: laws passed, every solver converged, nothing left of the data's misfit.
void check_report(const Json& report) {
  for (const Json& law : report["result"]["laws"]) BOOST_TEST(law["passed"].get<bool>(), law.dump());
  for (const Json& note : report["result"]["notes"])
    BOOST_TEST(note.get<std::string>().find("did not converge") == std::string::npos, note.dump());
  BOOST_TEST(report["result"]["steps"].back()["residual"].get<double>() < 1e-6);
}

}  // namespace

BOOST_AUTO_TEST_CASE(examples_of_the_table_make_models) {
  for (const auto& entry : measurement_table().entries()) {
    const auto m = model(entry.example.c_str(), kIdentity, 0.01);
    const Tensor x = video(), y = m->simulate(x, Rng(2));
    BOOST_TEST((shape_of(y) == m->range()), entry.name);
    BOOST_TEST((shape_of(m->start(y).x) == kDomain), entry.name);
    BOOST_TEST((m->picture(y).dim() == 5), entry.name);
    const auto g = m->data_term(y);
    BOOST_TEST((g->domain() == kDomain));
    BOOST_TEST(g->misfit(m->start(y).x) < g->misfit(at::zeros_like(x)), entry.name);
    BOOST_TEST(at::equal(m->simulate(x, Rng(2)), y));
  }
}

BOOST_AUTO_TEST_CASE(truth_and_start_explain_what_was_simulated) {
  for (const char* op : {kIdentity, kHalf})
    for (const char* spec : {R"({"type": "quantization", "bits": 3, "curve": "gamma"})",
                             R"({"type": "quantization", "bits": 8, "saturates": false})",
                             R"({"type": "jpeg", "quality": 30, "subsampling": "444"})",
                             R"({"type": "jpeg", "quality": 30, "subsampling": "420"})"}) {
      const auto m = model(spec, op, 0);
      const Tensor x = video(), y = m->forward(x);
      const auto g = m->data_term(y);
      BOOST_TEST(g->misfit(x) < 2e-3, spec);  // but for the margin
      const Tensor p = g->apply(x + Rng(3).normal(kDomain, dense::kExact) * 0.1, 1);
      BOOST_TEST(g->misfit(p) < 1e-6, spec);
      BOOST_TEST(dense::difference(m->forward(p), y) < 1e-9, spec << " " << op);
      BOOST_TEST(g->misfit(m->start(y).x) < 0.5, spec);
    }
}

// Values that are saturated but not quantised: a hinge beyond the ends, least squares between.
BOOST_AUTO_TEST_CASE(saturation_alone) {
  const auto m = model(R"({"type": "quantization", "bits": 0})", kIdentity, 0.1);
  Tensor x = at::full(kDomain, 0.5, at::kDouble);
  x.view(-1)[0] = 1.7;
  const Tensor y = m->forward(x);
  BOOST_TEST(y.view(-1)[0].item<double>() == 1);
  const auto g = m->data_term(y);
  BOOST_TEST(g->value(x) < 1e-20);
  x.view(-1)[0] = 0.8;
  BOOST_TEST(std::abs(g->value(x) - 0.04 / 0.02) < 1e-12);
  x.view(-1)[0] = 1, x.view(-1)[1] = 0.7;
  BOOST_TEST(std::abs(g->value(x) - 0.04 / 0.02) < 1e-12);
}

BOOST_AUTO_TEST_CASE(refusals_point_at_the_value) {
  const auto pointer = [](const char* spec, const char* op, double sigma) -> std::string {
    try {
      model(spec, op, sigma);
    } catch (const SpecError& failure) {
      return failure.pointer();
    }
    return "none";
  };
  BOOST_TEST(pointer(R"({"type": "jpeg", "quality": 0})", kIdentity, 0) == "/quality");
  BOOST_TEST(pointer(R"({"type": "jpeg", "subsampling": "411"})", kIdentity, 0) == "/subsampling");
  BOOST_TEST(pointer(R"({"type": "jpeg", "width": 0})", kIdentity, 0) == "/width");
  BOOST_TEST(pointer(R"({"type": "jepg"})", kIdentity, 0) == "/type");
  BOOST_TEST(pointer(R"({"type": "quantization", "bits": 17})", kIdentity, 0) == "/bits");
  BOOST_TEST(pointer(R"({"type": "quantization", "bits": 0})", kIdentity, 0) == "/bits");
  BOOST_TEST(pointer(R"({"type": "gaussian"})", kIdentity, 0) == "");
  BOOST_TEST(pointer(R"({"type": "published_landweber"})", kIdentity, 0) == "");
  BOOST_TEST(pointer(R"({"type": "published_landweber"})", kHalf, 0.1) == "");
}

BOOST_AUTO_TEST_CASE(a_simulated_jpeg_is_restored) {
  for (const char* sampling : {"444", "420"})
    for (const char* dtype : {"float32", "float64"}) {
      Json spec = small_spec();
      spec["measurement"]["subsampling"] = sampling, spec["dtype"] = dtype;
      const RunResult result = run(spec, scratch("simulated"));
      check_report(result.report);
      // The iterate, not clamped, encodes to the very same file.
      const Experiment experiment = read_experiment({spec, "."}, "a");
      const Tensor y = experiment.measured();
      BOOST_TEST(at::equal(experiment.plan.model->forward(result.restoration), y));
      BOOST_TEST(!at::equal(experiment.plan.model->forward(result.restoration + 0.1), y));
    }
}

BOOST_AUTO_TEST_CASE(quantised_and_blurred_measurements_are_restored) {
  Json spec = small_spec();
  spec["measurement"] = {{"type", "quantization"}, {"bits", 4}};
  check_report(run(spec, scratch("quantised")).report);
  spec["operator"] = {{"type", "spatial_decimation"}, {"factor", 2}};
  check_report(run(spec, scratch("decimated")).report);
  spec["measurement"] = {{"type", "jpeg"}, {"quality", 20}};
  check_report(run(spec, scratch("decimated_jpeg")).report);
  spec = small_spec(), spec["noise"]["sigma"] = 0.01;
  BOOST_TEST(run(spec, scratch("noisy")).report["result"]["steps"].back()["residual"].get<double>() < 1);
}

BOOST_AUTO_TEST_CASE(pieces_of_a_spec) {
  const std::string folder = scratch("pieces");
  Json document = small_spec();
  document["measurement"]["subsampling"] = "444";  // whole blocks: a decoded file encodes to itself
  const SpecFile spec{document, folder};
  const auto apply = [&](ApplyRequest request) {
    request.in = text(folder, "/", request.in), request.out = text(folder, "/", request.out);
    if (!request.measurement.empty()) request.measurement = text(folder, "/", request.measurement);
    apply_piece(spec, request);
    return read_npy(request.out);
  };
  write_npy(folder + "/x.npy", video()[0].contiguous());
  const Tensor y = apply({.what = "forward", .in = "x.npy", .out = "y.npy"});
  BOOST_TEST(dense::difference(y, y.round()) == 0);
  apply({.what = "pseudo_inverse", .in = "y.npy", .out = "start.npy", .shape = "3,4,16,24"});
  BOOST_TEST(at::equal(apply({.what = "forward", .in = "start.npy", .out = "again.npy"}), y));
  write_npy(folder + "/v.npy", (video()[0] + Rng(6).normal(shape_of(video()[0]), dense::kExact) * 0.2).contiguous());
  for (const char* what : {"data_prox", "joint_prox"}) {
    apply({.what = what, .in = "v.npy", .out = "p.npy", .measurement = "y.npy", .gamma = 0.01});
    BOOST_TEST(at::equal(apply({.what = "forward", .in = "p.npy", .out = "again.npy"}), y), what);
  }
  BOOST_CHECK_THROW(apply({.what = "adjoint", .in = "y.npy", .out = "a.npy", .shape = "3,4,16,24"}), SpecError);
  BOOST_CHECK_THROW(apply({.what = "data_prox", .in = "v.npy", .out = "p.npy", .measurement = "x.npy", .gamma = 0.01}), ShapeError);
}

BOOST_AUTO_TEST_CASE(laws_of_a_spec) {
  for (const char* sampling : {"444", "420"})
    for (const double sigma : {0.0, 0.02}) {
      Json spec = small_spec();
      spec["measurement"]["subsampling"] = sampling, spec["noise"]["sigma"] = sigma;
      const auto laws = check_laws(read_experiment({spec, "."}, "a"));
      BOOST_TEST(laws.size() > 10);
      for (const LawReport& law : laws) BOOST_TEST(law.passed, law.subject << ", " << law.law << ": " << law.residual);
    }
}

#ifdef LVTINO_HAS_JPEG
namespace {

Json measured_spec(const std::string& path) {
  Json spec = small_spec();
  spec["clips"][0] = {{"name", "a"}, {"role", "measurement"}, {"source", {{"type", "jpeg"}, {"path", path}}}};
  spec["measurement"] = {{"type", "jpeg"}};
  return spec;
}

std::vector<std::string> files() {
  std::vector<std::string> out;
  for (int t = 0; t < 3; ++t)
    out.push_back(testing::encode_with_libjpeg(
        (Rng(std::uint64_t(t)).uniform({3, 17, 26}, Placement{}) * 0.3 + 0.3).contiguous(),
        {.quality = 15, .h = 2, .v = 2, .progressive = t == 1}));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_folder_of_files_is_a_measurement) {
  const std::string folder = scratch("files");
  make_folder(folder + "/frames");
  for (int t = 0; t < 3; ++t) write_file(text(folder, "/frames/", t, ".jpg"), files()[std::size_t(t)]);
  Json spec = measured_spec("frames");
  spec["measurement"]["slack"] = 0;
  const RunResult result = run(spec, folder);
  check_report(result.report);
  BOOST_TEST((shape_of(result.restoration) == Shape{1, 3, 3, 17, 26}));
  const JpegClip clip = read_jpeg_clip(folder + "/frames");
  BOOST_TEST(at::equal(clip.codec(dense::kExact).encode(result.restoration), clip.levels.to(at::kDouble)));
  spec["measurement"].erase("slack");
  const Experiment experiment = read_experiment({spec, folder}, "a");
  BOOST_TEST(experiment.resolved["measurement"]["slack"].get<double>() == kLibjpegSlack);
}

#ifdef LVTINO_HAS_FFMPEG
namespace {

// The files as packets of a container, as a camera writes them.
void mux(const std::string& path, const std::vector<std::string>& packets) {
  ffmpeg::be_quiet();
  AVFormatContext* opened = nullptr;
  BOOST_REQUIRE(avformat_alloc_output_context2(&opened, nullptr, nullptr, path.c_str()) >= 0);
  const ffmpeg::Output output(opened);
  AVStream* stream = avformat_new_stream(opened, nullptr);
  stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO, stream->codecpar->codec_id = AV_CODEC_ID_MJPEG;
  stream->codecpar->width = 26, stream->codecpar->height = 17;
  stream->time_base = {1, 10}, stream->avg_frame_rate = stream->r_frame_rate = {10, 1};
  BOOST_REQUIRE(avio_open(&opened->pb, path.c_str(), AVIO_FLAG_WRITE) >= 0);
  BOOST_REQUIRE(avformat_write_header(opened, nullptr) >= 0);
  const ffmpeg::Packet packet(av_packet_alloc());
  for (std::size_t t = 0; t < packets.size(); ++t) {
    BOOST_REQUIRE(av_new_packet(packet.get(), int(packets[t].size())) >= 0);
    std::copy(packets[t].begin(), packets[t].end(), packet->data);
    packet->pts = packet->dts = av_rescale_q(std::int64_t(t), {1, 10}, stream->time_base);
    packet->duration = av_rescale_q(1, {1, 10}, stream->time_base);
    packet->flags |= AV_PKT_FLAG_KEY;
    BOOST_REQUIRE(av_write_frame(opened, packet.get()) >= 0);
    av_packet_unref(packet.get());
  }
  BOOST_REQUIRE(av_write_trailer(opened) >= 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(motion_jpeg_is_a_measurement) {
  const std::string folder = scratch("motion");
  make_folder(folder + "/frames");
  for (int t = 0; t < 3; ++t) write_file(text(folder, "/frames/", t, ".jpg"), files()[std::size_t(t)]);
  const JpegClip expected = read_jpeg_clip(folder + "/frames");
  for (const char* name : {"/clip.avi", "/clip.mkv"}) {
    mux(folder + name, files());
    const JpegClip clip = read_jpeg_clip(folder + name);
    BOOST_TEST(at::equal(clip.levels, expected.levels));
    BOOST_TEST(at::equal(clip.steps, expected.steps));
    BOOST_TEST(clip.frames_per_second == 10);
    // A file cut within a frame is refused; one cut between frames may be a shorter clip.
    const std::string bytes = read_file(folder + name);
    for (std::size_t length = 0; length < bytes.size(); length += 97) {
      write_file(folder + "/cut.avi", bytes.substr(0, length));
      try {
        const JpegClip cut = read_jpeg_clip(folder + "/cut.avi");
        BOOST_TEST(at::equal(cut.levels, expected.levels.narrow(2, 0, cut.frames())));
      } catch (const IoError& failure) {
        BOOST_TEST(std::string(failure.what()).find("cut.avi") != std::string::npos, failure.what());
      }
    }
  }
  write_file(folder + "/text.avi", "this is no video");
  BOOST_CHECK_THROW(read_jpeg_clip(folder + "/text.avi"), IoError);
}
#endif

BOOST_AUTO_TEST_CASE(what_is_no_jpeg_measurement_is_refused) {
  const std::string folder = scratch("refused");
  write_npy(folder + "/clip.npy", at::zeros({3, 3, 16, 24}, at::kFloat));
  Json spec = measured_spec("frames");
  spec["clips"][0]["source"] = {{"type", "file"}, {"path", "clip.npy"}};
  BOOST_CHECK_THROW(read_experiment({spec, folder}, "a"), SpecError);
  make_folder(folder + "/frames");
  write_file(folder + "/frames/0.jpg", files()[0].substr(0, 300));
  BOOST_CHECK_EXCEPTION(read_experiment({measured_spec("frames"), folder}, "a"), IoError, [](const IoError& failure) {
    return std::string(failure.what()).find("0.jpg") != std::string::npos;
  });
}
#endif

BOOST_AUTO_TEST_SUITE_END()
