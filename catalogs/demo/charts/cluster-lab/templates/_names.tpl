{{- /* The cluster's name. */ -}}
{{- define "cluster-lab.name" -}}
{{ .Values.name | default .Release.Name }}
{{- end -}}

{{- /* Labels of every object. */ -}}
{{- define "cluster-lab.labels" -}}
cluster.x-k8s.io/cluster-name: {{ include "cluster-lab.name" . }}
app.kubernetes.io/managed-by: martlet
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* The spec of a machine template. Takes a dictionary with `size`. */ -}}
{{- define "cluster-lab.machine" -}}
size: {{ .size | default "small" }}
{{- end -}}

{{- /* The name of a machine template: it ends in a hash of its spec, because machine templates never change in place. */ -}}
{{- define "cluster-lab.machineTemplateName" -}}
{{ .prefix }}-{{ include "cluster-lab.machine" . | sha256sum | trunc 8 }}
{{- end -}}
