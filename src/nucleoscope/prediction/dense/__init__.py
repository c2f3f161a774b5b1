"""The dense engine: one pass over a field serves all its nuclei.

Crops of neighbouring nuclei share most of their pixels, and nine tenths of the time that mobilenet_v2 spends on a
crop goes into its early layers, where maps are large. The dense engine computes these once for the whole field, and
only the last stage, which works on a few numbers, once for each nucleus (after Fast R-CNN, Girshick 2015,
arXiv:1504.08083).

What the early layers make of a crop and of a field differs: a crop ends at its border, fades towards it (see
`models.classifier`), and its maps start at its own corner. A linear map for each place of the window, the lens,
takes one to the other. It is fitted in closed form to the training crops on their tiles; no weight of the classifier
changes. How often both engines decide alike is measured on tiles that the lens has not seen, and written beside it.
"""
